// One load: the line with its numbers and what is not as it was before, and below it, when asked for, what happened to types
// and where it can be found.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Link from '@mui/material/Link';
import { useId, useState } from 'react';
import { Link as RouterLink } from 'react-router';
import type { DatasetLoad, Promotion } from '@/api/types';
import { formatCount, formatElapsed, formatInstant, formatNumber } from '@/lib/format';
import { sourceName } from '@/lib/version-words';
import { Icon } from '@/theme/icons';
import { typeWords } from '@/components/type-sign';
import { DriftChip } from './drift-chip';
import { findingsOf } from './drift-words';
import { loadPath, rejectsPath } from './load-history';
import type { PastLoad } from './load-history';
import { nulledText } from './load-view';

export const loadGrid = {
  display: 'grid',
  gridTemplateColumns: {
    xs: '1fr auto',
    md: '190px minmax(160px, 1fr) 100px 90px 90px 80px 104px',
  },
  columnGap: 6,
  px: 4,
};

const driftShown = 3;
const whole = (count: number): string => formatNumber(count, 'integer');

export interface LoadItemProps {
  dataset: string;
  load: PastLoad;
  /** What is known besides, of the latest loads. */
  recent: DatasetLoad | undefined;
  zone: string;
}

export function LoadItem({ dataset, load, recent, zone }: LoadItemProps) {
  const [open, setOpen] = useState(false);
  const detailId = useId();
  const name = sourceName(load);
  // There may be many of one name; a version has few of them.
  const named = `${name}, version ${whole(load.version)}`;
  const number = {
    fontVariantNumeric: 'tabular-nums',
    textAlign: 'right',
    display: { xs: 'none', md: 'block' },
  };
  const rejected = (
    <Link
      component={RouterLink}
      to={rejectsPath(dataset, load.load_id)}
      // The number alone says nothing to who hears only links.
      aria-label={`${formatCount(load.rejected, 'rejected row')} of ${named}`}
      sx={{ color: 'error.main' }}
    >
      {whole(load.rejected)}
      <Box component="span" sx={{ display: { md: 'none' } }}>
        {' '}
        rejected
      </Box>
    </Link>
  );
  return (
    <Box
      component="li"
      data-load={load.load_id}
      sx={{
        borderTop: 1,
        borderColor: 'divider',
        '&:first-of-type': { borderTopWidth: { xs: 0, md: 1 } },
        '&:hover': { bgcolor: 'surface.sunken' },
      }}
    >
      <Box sx={{ ...loadGrid, alignItems: 'center', py: 2, rowGap: 0.5 }}>
        <Box
          sx={{
            color: 'text.secondary',
            fontVariantNumeric: 'tabular-nums',
            fontSize: { xs: '0.75rem', md: '0.8125rem' },
            order: { xs: 2, md: 0 },
          }}
        >
          {formatInstant(load.committed_at, zone, 'second')}
        </Box>
        <Box sx={{ minWidth: 0, fontWeight: 500, overflowWrap: 'anywhere' }}>{name}</Box>
        <Box sx={number}>{whole(load.rows)}</Box>
        <Box sx={number}>{load.rejected === 0 ? '0' : rejected}</Box>
        <Box sx={number}>{formatNumber(load.bytes, 'bytes')}</Box>
        <Box sx={number}>{formatElapsed(load.duration_ms)}</Box>
        <Box
          sx={{
            display: { xs: 'flex', md: 'none' },
            order: 3,
            gridColumn: '1 / -1',
            flexWrap: 'wrap',
            columnGap: 3,
            fontSize: '0.75rem',
            fontVariantNumeric: 'tabular-nums',
          }}
        >
          <span>{formatCount(load.rows, 'row')}</span>
          {load.rejected > 0 && rejected}
          <span>{formatNumber(load.bytes, 'bytes')}</span>
          <span>{formatElapsed(load.duration_ms)}</span>
        </Box>
        <Button
          size="small"
          variant="text"
          aria-expanded={open}
          aria-controls={detailId}
          aria-label={`Details of ${named}`}
          onClick={() => setOpen(!open)}
          endIcon={<Icon name={open ? 'up' : 'down'} size={14} />}
          sx={{ justifySelf: 'end', order: { xs: 1, md: 0 } }}
        >
          Details
        </Button>
      </Box>
      {recent && <Notes dataset={dataset} named={named} recent={recent} />}
      <Box
        id={detailId}
        role="group"
        aria-label={`Details of ${named}`}
        hidden={!open}
        sx={{ px: 4, pb: 4 }}
      >
        {open && <LoadDetails load={load} />}
      </Box>
    </Box>
  );
}

/** What is known of the latest loads: the way to the profile, what is not as before, and what the contract did. */
function Notes({
  dataset,
  named,
  recent,
}: {
  dataset: string;
  named: string;
  recent: DatasetLoad;
}) {
  const { load_id: loadId, profiled, drift, nulled, replays } = recent;
  if (!profiled && nulled === 0 && replays === null) return null;
  const findings = findingsOf(drift);
  const more = findings.length - driftShown;
  return (
    <Box
      sx={{
        display: 'flex',
        flexWrap: 'wrap',
        alignItems: 'center',
        columnGap: 3,
        rowGap: 1,
        px: 4,
        pb: 2,
        // Below the name.
        pl: { md: `calc(190px + ${loadGrid.columnGap * 4}px + 16px)` },
        fontSize: '0.75rem',
        color: 'text.secondary',
      }}
    >
      {profiled && (
        <Link
          component={RouterLink}
          to={loadPath(dataset, loadId)}
          aria-label={`Profile of ${named}`}
        >
          Profile
        </Link>
      )}
      {findings.slice(0, driftShown).map((finding, place) => (
        <DriftChip key={place} {...finding} />
      ))}
      {more > 0 && <span>and {formatCount(more, 'other')}</span>}
      {nulled > 0 && <span>{nulledText(nulled)}</span>}
      {replays !== null && (
        <Link component={RouterLink} to={rejectsPath(dataset, replays)}>
          Corrects rejected rows
        </Link>
      )}
    </Box>
  );
}

function LoadDetails({ load }: { load: PastLoad }) {
  const facts: [string, string][] = [
    ['Version', whole(load.version)],
    ['Load', load.load_id],
    ['Key', load.idempotency_key ?? 'none'],
  ];
  return (
    <Box sx={{ display: 'grid', gap: 3, p: 4, borderRadius: 1, bgcolor: 'surface.sunken' }}>
      <Box
        component="dl"
        sx={{
          display: 'grid',
          gridTemplateColumns: 'auto minmax(0, 1fr)',
          columnGap: 5,
          rowGap: 1,
          m: 0,
          '& dt': { color: 'text.secondary' },
          '& dd': { m: 0, overflowWrap: 'anywhere' },
        }}
      >
        {facts.map(([label, value]) => (
          <Box key={label} sx={{ display: 'contents' }}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </Box>
        ))}
      </Box>
      <div>
        <Box sx={{ fontWeight: 600, mb: 1 }}>
          {load.promotions.length === 0 ? 'No type had to be widened' : 'Types that were widened'}
        </Box>
        {load.promotions.length > 0 && (
          <Box component="ul" sx={{ m: 0, pl: 5 }}>
            {load.promotions.map((promotion) => (
              <li key={`${promotion.column} ${promotion.line}`}>{promotionText(promotion)}</li>
            ))}
          </Box>
        )}
      </div>
    </Box>
  );
}

/** `dep_delay: whole number to decimal, from line 2,201` */
export const promotionText = ({ column, from, to, line }: Promotion): string =>
  `${column}: ${typeWords[from].label.toLowerCase()} to ${typeWords[to].label.toLowerCase()}, from line ${whole(line)}`;
