// The loads that run, whoever began them: how far they have come, and the way to each, where it can be stopped.
import Box from '@mui/material/Box';
import { loadsApi, useListRunningLoadsQuery } from '@/api/loads-api';
import { ItemLink } from '@/components/list-box';
import { outlined } from '@/components/outlined';
import { loadWords } from './load-words';

const pollMs = 1_000;

export function RunningLoads() {
  // What is known already says whether there is something to wait for.
  const known = loadsApi.endpoints.listRunningLoads.useQueryState(undefined).data ?? [];
  const { data: loads = [] } = useListRunningLoadsQuery(undefined, {
    pollingInterval: known.length > 0 ? pollMs : 0,
    refetchOnMountOrArgChange: true,
  });
  if (loads.length === 0) return null;
  return (
    <Box
      component="ul"
      aria-label="Running loads"
      sx={{ ...outlined, listStyle: 'none', m: 0, mb: 4, p: 0 }}
    >
      {loads.map((load) => (
        <Box
          component="li"
          key={load.id}
          sx={{
            position: 'relative',
            display: 'flex',
            flexWrap: 'wrap',
            columnGap: 8,
            px: 4,
            py: 2.5,
            '&:hover': { bgcolor: 'surface.sunken' },
            '&:not(:first-of-type)': { borderTop: 1, borderColor: 'divider' },
          }}
        >
          <Box sx={{ flex: 1, minWidth: 180 }}>
            <ItemLink to={`/datasets/upload?load=${encodeURIComponent(load.id)}`}>
              Loading into {load.dataset}
            </ItemLink>
          </Box>
          <Box sx={{ color: 'text.secondary', fontVariantNumeric: 'tabular-nums' }}>
            {loadWords(load)}
          </Box>
        </Box>
      ))}
    </Box>
  );
}
