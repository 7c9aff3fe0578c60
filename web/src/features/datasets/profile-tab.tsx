// What the values of each column look like: missing, distinct, range, most frequent.
import Box from '@mui/material/Box';
import { useGetDatasetProfileQuery } from '@/api/datasets-api';
import { toProblem } from '@/api/problem';
import type { ColumnProfile } from '@/api/types';
import { ErrorState, LoadingState } from '@/components/states';
import { formatNumber } from '@/lib/format';
import { ProfileCard, profileGrid } from './profile-card';
import { factsOf, valueText } from './profile-words';
import { useColumnFormats } from './use-column-formats';
import { useFoundColumns } from './use-found-columns';

export function ProfileTab({ name }: { name: string }) {
  const profile = useGetDatasetProfileQuery(name);
  const formats = useColumnFormats(name);
  const { shown, field } = useFoundColumns(profile.data?.columns ?? []);
  if (profile.data === undefined) {
    return profile.isError ? (
      <ErrorState problem={toProblem(profile.error)} onRetry={() => void profile.refetch()} />
    ) : (
      <LoadingState rows={8} label="Reading every column" />
    );
  }
  const { rows } = profile.data;
  return (
    <>
      {field}
      <Box component="ul" aria-label="Profile of columns" sx={profileGrid}>
        {shown.map((column) => (
          <ColumnCard
            key={column.name}
            column={column}
            format={formats.get(column.name) ?? null}
            rows={rows}
          />
        ))}
      </Box>
    </>
  );
}

interface ColumnCardProps {
  column: ColumnProfile;
  format: string | null;
  rows: number;
}

function ColumnCard({ column, format, rows }: ColumnCardProps) {
  const about = column.distinct_exact ? '' : 'about ';
  const distinct = `${about}${formatNumber(column.distinct, 'integer')}`;
  return (
    <ProfileCard
      name={column.name}
      type={column.type}
      facts={factsOf(column, { rows, format, distinct })}
      top={column.top}
      text={valueText(column.type, format)}
    />
  );
}
