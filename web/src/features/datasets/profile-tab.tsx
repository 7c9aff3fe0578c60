// What the values of each column look like: missing, distinct, range, most frequent.
import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import { useGetDatasetProfileQuery } from '@/api/datasets-api';
import { toProblem } from '@/api/problem';
import type { ColumnProfile } from '@/api/types';
import { ErrorState, LoadingState } from '@/components/states';
import { formatCell, formatNumber } from '@/lib/format';
import { meanText } from './profile-words';
import { TypeMark } from './type-mark';
import { useColumnFormats } from './use-column-formats';

const topShown = 5;

export function ProfileTab({ name }: { name: string }) {
  const profile = useGetDatasetProfileQuery(name);
  const formats = useColumnFormats(name);
  if (profile.data === undefined) {
    return profile.isError ? (
      <ErrorState problem={toProblem(profile.error)} onRetry={() => void profile.refetch()} />
    ) : (
      <LoadingState rows={8} label="Reading every column" />
    );
  }
  const { columns, rows } = profile.data;
  return (
    <Box
      component="ul"
      aria-label="Profile of columns"
      sx={{
        listStyle: 'none',
        m: 0,
        p: 0,
        display: 'grid',
        gap: 3,
        alignItems: 'start',
        gridTemplateColumns: 'repeat(auto-fill, minmax(min(100%, 300px), 1fr))',
      }}
    >
      {columns.map((column) => (
        <ProfileCard
          key={column.name}
          column={column}
          format={formats.get(column.name) ?? null}
          rows={rows}
        />
      ))}
    </Box>
  );
}

interface ProfileCardProps {
  column: ColumnProfile;
  format: string | null;
  rows: number;
}

function ProfileCard({ column, format, rows }: ProfileCardProps) {
  const share = rows === 0 ? 0 : column.nulls / rows;
  const text = (value: ColumnProfile['min']) =>
    formatCell(value, {
      type: column.type,
      format,
      grain: column.type === 'timestamp' ? 'minute' : null,
    });
  const facts: [string, string][] = [
    [
      'Missing',
      column.nulls === 0
        ? 'None'
        : `${formatNumber(column.nulls, 'integer')} (${formatNumber(share, 'percent', 'compact')})`,
    ],
    [
      'Distinct',
      `${column.distinct_exact ? '' : 'about '}${formatNumber(column.distinct, 'integer')}`,
    ],
    ['Smallest', text(column.min)],
    ['Largest', text(column.max)],
  ];
  if (column.mean !== null) facts.push(['Mean', meanText(column.mean, format)]);
  const top = column.top.slice(0, topShown);
  const most = top[0]?.count ?? 1;
  return (
    <Box
      component="li"
      sx={{
        display: 'flex',
        flexDirection: 'column',
        p: 4,
        border: 1,
        borderColor: 'divider',
        borderRadius: 1,
        bgcolor: 'background.paper',
      }}
    >
      <Typography component="h2" variant="h3" sx={{ overflowWrap: 'anywhere', mb: 0.5 }}>
        {column.name}
      </Typography>
      <Box sx={{ color: 'text.secondary', fontSize: '0.75rem', mb: 2 }}>
        <TypeMark type={column.type} />
      </Box>
      <Box
        component="dl"
        sx={{
          display: 'grid',
          gridTemplateColumns: 'auto minmax(0, 1fr)',
          columnGap: 4,
          rowGap: 0.5,
          m: 0,
          fontSize: '0.75rem',
          fontVariantNumeric: 'tabular-nums',
          '& dt': { color: 'text.secondary' },
          '& dd': {
            m: 0,
            textAlign: 'right',
            overflow: 'hidden',
            textOverflow: 'ellipsis',
            whiteSpace: 'nowrap',
          },
        }}
      >
        {facts.map(([label, value]) => (
          <Box key={label} sx={{ display: 'contents' }}>
            <dt>{label}</dt>
            <dd title={value}>{value}</dd>
          </Box>
        ))}
      </Box>
      {top.length > 0 && (
        <Box sx={{ mt: 3, pt: 3, borderTop: 1, borderColor: 'divider' }}>
          <Typography
            component="h3"
            variant="caption"
            color="textSecondary"
            sx={{ mb: 1, display: 'block' }}
          >
            Most frequent
          </Typography>
          <Box
            component="ol"
            sx={{
              listStyle: 'none',
              m: 0,
              p: 0,
              display: 'grid',
              gap: '2px',
              fontSize: '0.75rem',
              fontVariantNumeric: 'tabular-nums',
            }}
          >
            {top.map(({ value, count }, place) => (
              <Box
                component="li"
                key={`${place} ${String(value)}`}
                sx={{ position: 'relative', display: 'flex', gap: 3, px: 1.5, lineHeight: '22px' }}
              >
                <Box
                  aria-hidden="true"
                  sx={{
                    position: 'absolute',
                    inset: 0,
                    borderRadius: 0.5,
                    bgcolor: 'surface.accentSoft',
                    transformOrigin: 'left',
                  }}
                  style={{ transform: `scaleX(${count / most})` }}
                />
                <Box
                  component="span"
                  sx={{
                    position: 'relative',
                    flex: 1,
                    overflow: 'hidden',
                    textOverflow: 'ellipsis',
                    whiteSpace: 'nowrap',
                  }}
                >
                  {text(value)}
                </Box>
                <Box component="span" sx={{ position: 'relative', color: 'text.secondary' }}>
                  {formatNumber(count, 'integer')}
                </Box>
              </Box>
            ))}
          </Box>
        </Box>
      )}
    </Box>
  );
}
