// What changed between two versions: chosen in two lists, answered by the log alone.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import { toProblem } from '@/api/problem';
import type { DatasetChanges, DatasetVersion } from '@/api/types';
import { useGetChangesQuery } from '@/api/versions-api';
import { SectionCard } from '@/components/section-card';
import { twoColumns } from '@/components/two-columns';
import { ErrorState, LoadingState } from '@/components/states';
import { formatCommit } from '@/lib/commit-time';
import { formatInstant, formatNumber, missingText } from '@/lib/format';
import { operationName, rowChange, versionDetail } from '@/lib/version-words';
import { commitsInWords, difference } from './compare-words';
import type { Pair } from './compare-words';

export interface ComparePanelProps {
  name: string;
  items: readonly DatasetVersion[];
  zone: string;
  pair: Pair | null;
  onChange: (from: number | null, to: number | null) => void;
}

export function ComparePanel({ name, items, zone, pair, onChange }: ComparePanelProps) {
  if (pair === null) return null;
  return (
    <Box sx={{ mb: 4 }}>
      <SectionCard
        title="What changed"
        actions={
          <Button size="small" variant="text" onClick={() => onChange(null, null)}>
            Close
          </Button>
        }
      >
        <Box sx={{ ...twoColumns, mt: 1 }}>
          <VersionSelect
            label="From version"
            items={items}
            zone={zone}
            value={pair.from}
            onChange={(from) => onChange(from, pair.to)}
          />
          <VersionSelect
            label="To version"
            items={items}
            zone={zone}
            value={pair.to}
            onChange={(to) => onChange(pair.from, to)}
          />
        </Box>
        <Changes name={name} zone={zone} pair={pair} />
      </SectionCard>
    </Box>
  );
}

function VersionSelect({
  label,
  items,
  zone,
  value,
  onChange,
}: Pick<ComparePanelProps, 'items' | 'zone'> & {
  label: string;
  value: number;
  onChange: (version: number) => void;
}) {
  const known = items.some((item) => item.version === value);
  return (
    <TextField
      select
      label={label}
      value={value}
      onChange={(event) => onChange(Number(event.target.value))}
      slotProps={{ inputLabel: { shrink: true } }}
    >
      {!known && <MenuItem value={value}>{formatNumber(value, 'integer')}</MenuItem>}
      {items.map((item) => (
        <MenuItem key={item.version} value={item.version}>
          {formatNumber(item.version, 'integer')}: {operationName(item.operation)},{' '}
          {formatInstant(item.committed_at, zone, 'minute')}
        </MenuItem>
      ))}
    </TextField>
  );
}

function Changes({ name, zone, pair }: Pick<ComparePanelProps, 'name' | 'zone'> & { pair: Pair }) {
  const changes = useGetChangesQuery({ name, ...pair });
  if (changes.currentData === undefined) {
    return (
      <Box sx={{ mt: 4 }}>
        {changes.isError ? (
          <ErrorState
            dense
            problem={toProblem(changes.error)}
            onRetry={() => void changes.refetch()}
          />
        ) : (
          <LoadingState rows={2} label="Loading what changed" />
        )}
      </Box>
    );
  }
  return <Difference changes={changes.currentData} zone={zone} />;
}

function Difference({ changes, zone }: { changes: DatasetChanges; zone: string }) {
  const whole = difference(changes);
  const signed = (count: number | null): string =>
    count === null ? missingText : `${count > 0 ? '+' : ''}${formatNumber(count, 'integer')}`;
  const facts: [string, string][] = [
    ['Rows added', signed(changes.rows_added)],
    ['Rows removed', changes.rows_removed === null ? 'not known' : signed(-changes.rows_removed)],
    ['Difference', signed(whole)],
  ];
  const telling = changes.commits.filter((commit) => commit.operation !== 'compaction');
  return (
    <>
      <Box
        component="dl"
        data-testid="difference"
        sx={{ display: 'flex', flexWrap: 'wrap', columnGap: 10, rowGap: 3, mt: 4, mb: 3 }}
      >
        {facts.map(([label, value]) => (
          <Box key={label}>
            <Box component="dt" sx={{ color: 'text.secondary', fontSize: '0.75rem' }}>
              {label}
            </Box>
            <Box
              component="dd"
              sx={{
                m: 0,
                fontSize: '1.125rem',
                fontWeight: 600,
                fontVariantNumeric: 'tabular-nums',
              }}
            >
              {value}
            </Box>
          </Box>
        ))}
      </Box>
      <Box sx={{ color: 'text.secondary' }}>
        {changes.from === changes.to
          ? 'This is one and the same version.'
          : `Between them: ${commitsInWords(changes.commits)}.`}
      </Box>
      {telling.length > 0 && (
        <Box
          component="ol"
          aria-label="Commits between the versions"
          tabIndex={0}
          sx={{ m: 0, mt: 2, pl: 0, listStyle: 'none', maxHeight: 220, overflow: 'auto' }}
        >
          {telling.map((commit) => (
            <Box
              component="li"
              key={commit.version}
              sx={{ py: 1, borderTop: 1, borderColor: 'divider', overflowWrap: 'anywhere' }}
            >
              <strong>{formatNumber(commit.version, 'integer')}</strong>{' '}
              {[
                operationName(commit.operation),
                versionDetail(commit),
                rowChange(commit),
                formatCommit(commit.committed_at, zone),
              ]
                .filter(Boolean)
                .join(' \u00b7 ')}
            </Box>
          ))}
        </Box>
      )}
    </>
  );
}
