// One load by itself: what it took and left, and the profile of its rows where it has one.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Link from '@mui/material/Link';
import Typography from '@mui/material/Typography';
import type { ReactNode } from 'react';
import { Link as RouterLink } from 'react-router';
import { useGetLoadProfileQuery } from '@/api/dataset-loads-api';
import { toProblem } from '@/api/problem';
import type { DatasetDetail } from '@/api/types';
import { EmptyState, ErrorState, LoadingState } from '@/components/states';
import { formatCount, formatInstant, localZone } from '@/lib/format';
import { sourceName } from '@/lib/version-words';
import { Icon } from '@/theme/icons';
import type { ColumnFormats } from '../use-column-formats';
import { rejectsPath } from './load-history';
import type { PastLoad } from './load-history';
import { LoadProfileView } from './load-profile';

export interface LoadViewProps {
  dataset: DatasetDetail;
  loadId: string;
  /** As the log knows it; undefined where it is older than what was read of that. */
  past: PastLoad | undefined;
  formats: ColumnFormats;
}

export function LoadView({ dataset, loadId, past, formats }: LoadViewProps) {
  const { name } = dataset;
  const recent = dataset.loads.find((load) => load.load_id === loadId);
  const load = recent ?? past;
  const facts: ReactNode[] = [];
  if (load) {
    facts.push(
      formatInstant(load.committed_at, localZone(), 'second'),
      formatCount(load.rows, 'row'),
      load.rejected === 0 ? (
        'none rejected'
      ) : (
        <Link component={RouterLink} to={rejectsPath(name, loadId)} sx={{ color: 'error.main' }}>
          {formatCount(load.rejected, 'rejected row')}
        </Link>
      ),
    );
  }
  if (recent && recent.nulled > 0) facts.push(nulledText(recent.nulled));
  if (recent?.replays) {
    facts.push(
      <Link component={RouterLink} to={rejectsPath(name, recent.replays)}>
        Corrects rejected rows
      </Link>,
    );
  }
  return (
    <>
      <Box sx={{ mb: 4 }}>
        <Button
          component={RouterLink}
          to={`/datasets/${encodeURIComponent(name)}?tab=loads`}
          size="small"
          variant="text"
          startIcon={<Icon name="back" size={16} />}
          sx={{ ml: -2, mb: 1 }}
        >
          All loads
        </Button>
        <Typography component="h2" variant="h2" sx={{ overflowWrap: 'anywhere' }}>
          {load ? sourceName(load) : `Load ${loadId}`}
        </Typography>
        <Box
          sx={{
            display: 'flex',
            flexWrap: 'wrap',
            columnGap: 3,
            color: 'text.secondary',
            fontVariantNumeric: 'tabular-nums',
          }}
        >
          {facts.map((fact, place) => (
            <span key={place}>{fact}</span>
          ))}
        </Box>
      </Box>
      {recent?.profiled === false ? (
        <NoProfile />
      ) : (
        <Profile name={name} loadId={loadId} formats={formats} />
      )}
    </>
  );
}

export const nulledText = (nulled: number): string =>
  `${formatCount(nulled, 'value')} made missing by the contract`;

function Profile(props: { name: string; loadId: string; formats: ColumnFormats }) {
  const { name, loadId, formats } = props;
  const profile = useGetLoadProfileQuery({ name, loadId });
  if (profile.currentData)
    return <LoadProfileView profile={profile.currentData} formats={formats} />;
  if (!profile.isError) return <LoadingState rows={8} label="Loading the profile" />;
  const problem = toProblem(profile.error);
  if (problem.code === 'not_found') return <NoProfile />;
  return <ErrorState problem={problem} onRetry={() => void profile.refetch()} />;
}

function NoProfile() {
  return (
    <EmptyState icon="chart" title="No profile of this load">
      Loads of fewer than 100 rows have none, and it goes when rows are erased or 500 others came.
    </EmptyState>
  );
}
