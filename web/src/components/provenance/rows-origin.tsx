// Where rows came from: the loads of each dataset, newest first, and its segments as a small picture over time.
import Box from '@mui/material/Box';
import Link from '@mui/material/Link';
import { Link as RouterLink } from 'react-router';
import type { DatasetLineage, Lineage } from '@/api/types';
import { formatCount, formatInstant, formatNumber, localZone } from '@/lib/format';
import { rangeLabel } from '@/lib/range-label';
import { Fold } from './fold';
import { originsOf, segmentsText } from './lineage-words';
import type { Origin } from './lineage-words';
import { code, muted } from './panel-styles';
import { SegmentStrip } from './segment-strip';

const shown = 4;

export function RowsOrigin({
  lineage,
}: {
  lineage: Pick<Lineage, 'datasets' | 'timezone' | 'truncated'>;
}) {
  const { datasets, timezone, truncated } = lineage;
  return (
    <Box sx={{ display: 'grid', gap: 4 }}>
      {datasets.map((dataset) => (
        <div key={dataset.dataset}>
          <Box>
            <Link
              component={RouterLink}
              to={`/datasets/${encodeURIComponent(dataset.dataset)}`}
              sx={{ fontWeight: 600 }}
            >
              {dataset.label || dataset.dataset}
            </Link>
            <Box component="span" sx={muted}>
              , version {formatNumber(dataset.version, 'integer')} of the data
            </Box>
          </Box>
          <Access dataset={dataset} />
          {!dataset.restricted && (
            <>
              <Loads dataset={dataset} />
              <Box sx={{ ...muted, mt: 2 }}>{segmentsText(dataset)}</Box>
              <SegmentStrip dataset={dataset} zone={timezone} />
              {dataset.commits.length > 0 && (
                <Box sx={{ mt: 1 }}>
                  <Fold title="Segments one by one">
                    {() => <Segments dataset={dataset} zone={timezone} />}
                  </Fold>
                </Box>
              )}
            </>
          )}
        </div>
      ))}
      {truncated && <Box sx={muted}>Only the first 1,000 segments are told.</Box>}
    </Box>
  );
}

function Access({ dataset }: { dataset: DatasetLineage }) {
  const { restricted, policies, no_rows: reason } = dataset;
  if (!restricted) return null;
  return (
    <Box sx={muted}>
      {policies.length > 0
        ? `You see what the access ${policies.length === 1 ? 'policy' : 'policies'} ${policies.join(', ')} shows you`
        : 'You see a part of it'}
      {reason ? `, and that is no row: ${reason}.` : '.'} Which loads and segments it came from is
      told to those who see all of it.
    </Box>
  );
}

function Loads({ dataset }: { dataset: DatasetLineage }) {
  const origins = originsOf(dataset.commits).reverse();
  const rest = origins.slice(shown);
  const items = (part: readonly Origin[]) => (
    <Box component="ul" sx={{ listStyle: 'none', m: 0, p: 0 }}>
      {part.map((origin) => (
        <LoadLine key={origin.key} dataset={dataset.dataset} origin={origin} />
      ))}
    </Box>
  );
  return (
    <Box sx={{ mt: 1 }}>
      {items(origins.slice(0, shown))}
      {rest.length > 0 && (
        <Fold title={`${formatCount(rest.length, 'older load')}`}>{() => items(rest)}</Fold>
      )}
    </Box>
  );
}

function LoadLine({ dataset, origin }: { dataset: string; origin: Origin }) {
  const { name, loadId, at, version, rows, note } = origin;
  const path = `/datasets/${encodeURIComponent(dataset)}`;
  return (
    <Box component="li" sx={{ py: 1.5, borderTop: 1, borderColor: 'divider' }}>
      <Box sx={{ display: 'flex', gap: 3, alignItems: 'baseline' }}>
        <Box sx={{ flex: 1, minWidth: 0, overflowWrap: 'anywhere' }}>
          <Link
            component={RouterLink}
            to={
              loadId === null
                ? `${path}?tab=versions`
                : `${path}?tab=loads&load=${encodeURIComponent(loadId)}`
            }
          >
            {name}
          </Link>
        </Box>
        {rows !== null && (
          <Box sx={{ fontVariantNumeric: 'tabular-nums', whiteSpace: 'nowrap' }}>
            {formatCount(rows, 'row')}
          </Box>
        )}
      </Box>
      <Box sx={{ ...muted, typography: 'caption' }}>
        {[
          at === null ? null : formatInstant(at, localZone(), 'second'),
          version === null ? null : `version ${formatNumber(version, 'integer')}`,
          note,
        ]
          .filter(Boolean)
          .join(' \u00b7 ')}
      </Box>
    </Box>
  );
}

const listed = 100;

function Segments({ dataset, zone }: { dataset: DatasetLineage; zone: string }) {
  const segments = dataset.commits.flatMap((commit) => commit.segments);
  return (
    <>
      <Box
        component="ul"
        tabIndex={0}
        aria-label="Segments"
        sx={{ listStyle: 'none', m: 0, p: 0, maxHeight: 240, overflow: 'auto' }}
      >
        {segments.slice(0, listed).map((segment) => (
          <Box component="li" key={segment.path} sx={{ py: 1 }}>
            <Box sx={code}>{segment.path}</Box>
            <Box sx={{ ...muted, typography: 'caption' }}>
              {[
                formatCount(segment.rows, 'row'),
                formatNumber(segment.bytes, 'bytes'),
                segment.time_range &&
                  rangeLabel(
                    Date.parse(segment.time_range.from),
                    Date.parse(segment.time_range.to),
                    zone,
                  ),
              ]
                .filter(Boolean)
                .join(' \u00b7 ')}
            </Box>
          </Box>
        ))}
      </Box>
      {segments.length > listed && (
        <Box sx={muted}>and {formatCount(segments.length - listed, 'other')}</Box>
      )}
    </>
  );
}
