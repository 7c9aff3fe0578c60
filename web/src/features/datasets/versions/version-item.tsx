// One version in the list: what made it, what it added and removed, and what can be done with it.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import type { DatasetVersion } from '@/api/types';
import { formatCommit } from '@/lib/commit-time';
import { formatNumber } from '@/lib/format';
import { operationName, rowsAdded, rowsRemoved, versionDetail } from '@/lib/version-words';
import { visuallyHidden } from '@/components/announcer';

export const versionGrid = {
  display: 'grid',
  gridTemplateColumns: {
    xs: '1fr auto',
    md: '72px 190px minmax(200px, 1fr) 100px 100px 236px',
  },
  columnGap: 6,
  px: 4,
};

export interface VersionItemProps {
  version: DatasetVersion;
  latest: number;
  zone: string;
  onOpen: () => void;
  onCompare: (from: number, to: number) => void;
}

export function VersionItem({ version, latest, zone, onOpen, onCompare }: VersionItemProps) {
  const number = formatNumber(version.version, 'integer');
  const isLatest = version.version === latest;
  const rejected = version.loads.reduce((sum, load) => sum + load.rejected, 0);
  const detail = versionDetail(version);
  const quiet = { color: 'text.secondary' };
  const change = {
    textAlign: { md: 'right' },
    fontVariantNumeric: 'tabular-nums',
    fontSize: { xs: '0.75rem', md: '0.8125rem' },
  };
  return (
    <Box
      component="li"
      data-version={version.version}
      sx={{
        ...versionGrid,
        alignItems: 'center',
        rowGap: 1,
        py: 2.5,
        borderTop: 1,
        borderColor: 'divider',
        '&:first-of-type': { borderTopWidth: { xs: 0, md: 1 } },
        '&:hover': { bgcolor: 'surface.sunken' },
      }}
    >
      <Box sx={{ fontWeight: 600, fontVariantNumeric: 'tabular-nums' }}>
        <Box component="span" sx={{ display: { md: 'none' } }}>
          Version{' '}
        </Box>
        {number}
        {isLatest && (
          <Box component="span" sx={{ ...quiet, fontWeight: 400, display: { md: 'none' } }}>
            , the latest
          </Box>
        )}
      </Box>
      <Box
        sx={{
          ...quiet,
          fontVariantNumeric: 'tabular-nums',
          textAlign: { xs: 'right', md: 'left' },
          fontSize: { xs: '0.75rem', md: '0.8125rem' },
        }}
      >
        {formatCommit(version.committed_at, zone)}
      </Box>
      <Box sx={{ minWidth: 0, gridColumn: { xs: '1 / -1', md: 'auto' } }}>
        <Box sx={{ fontWeight: 500 }}>{operationName(version.operation)}</Box>
        {(detail !== '' || rejected > 0) && (
          <Box sx={{ ...quiet, fontSize: '0.75rem', overflowWrap: 'anywhere' }}>
            {[detail, rejected > 0 ? `${formatNumber(rejected, 'integer')} rejected` : '']
              .filter(Boolean)
              .join(' \u00b7 ')}
          </Box>
        )}
      </Box>
      <Box sx={change}>
        <Box component="span" sx={visuallyHidden}>
          Rows added:{' '}
        </Box>
        {rowsAdded(version)}
        <Box component="span" sx={{ ...quiet, display: { md: 'none' } }}>
          {' '}
          rows added
        </Box>
      </Box>
      <Box sx={{ ...change, textAlign: 'right' }}>
        <Box component="span" sx={visuallyHidden}>
          Rows removed:{' '}
        </Box>
        {rowsRemoved(version)}
        <Box component="span" sx={{ ...quiet, display: { md: 'none' } }}>
          {' '}
          removed
        </Box>
      </Box>
      <Box
        sx={{
          display: 'flex',
          gap: 1,
          flexWrap: 'wrap',
          justifyContent: 'flex-end',
          gridColumn: { xs: '1 / -1', md: 'auto' },
        }}
      >
        {version.readable ? (
          <>
            {!isLatest && (
              <Button
                size="small"
                variant="text"
                aria-label={`Compare version ${number} with the latest`}
                onClick={() => onCompare(version.version, latest)}
              >
                Compare
              </Button>
            )}
            <Button size="small" aria-label={`Open version ${number}`} onClick={onOpen}>
              Open
            </Button>
          </>
        ) : (
          <Box sx={{ ...quiet, fontSize: '0.75rem', py: 1 }}>Not kept any more</Box>
        )}
      </Box>
    </Box>
  );
}
