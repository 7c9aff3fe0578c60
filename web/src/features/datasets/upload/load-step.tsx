// The load as the server works on it: how much is read, how many rows, and a way to stop it.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import LinearProgress from '@mui/material/LinearProgress';
import { useEffect } from 'react';
import { useCancelLoadMutation, useGetLoadQuery } from '@/api/loads-api';
import { toProblem } from '@/api/problem';
import type { Load } from '@/api/types';
import { ErrorState } from '@/components/states';
import { formatCount, formatNumber } from '@/lib/format';

const pollMs = 400;

export function LoadStep({
  loadId,
  dataset,
  onEnd,
}: {
  loadId: string;
  dataset: string;
  onEnd: (load: Load) => void;
}) {
  const load = useGetLoadQuery(loadId, {
    pollingInterval: pollMs,
    refetchOnMountOrArgChange: true,
  });
  const [cancelLoad, cancelling] = useCancelLoadMutation();
  const current = load.data;
  const ended = current !== undefined && current.state !== 'running';

  useEffect(() => {
    if (ended && current !== undefined) onEnd(current);
  }, [ended, current, onEnd]);

  if (load.isError && current === undefined) {
    return <ErrorState problem={toProblem(load.error)} onRetry={() => void load.refetch()} />;
  }
  const total = current?.bytes_total ?? null;
  const read = current?.bytes_read ?? 0;
  const share = total === null || total === 0 ? null : Math.min(100, (read / total) * 100);
  return (
    <Box
      sx={{ p: 5, border: 1, borderColor: 'divider', borderRadius: 1, bgcolor: 'background.paper' }}
    >
      <Box sx={{ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: 3, mb: 3 }}>
        <Box sx={{ flex: 1, minWidth: 180 }}>
          <Box component="h2" sx={{ m: 0, fontSize: '0.875rem', fontWeight: 600 }}>
            Loading into {dataset}
          </Box>
          <Box sx={{ color: 'text.secondary', fontVariantNumeric: 'tabular-nums' }}>
            {formatCount(current?.rows ?? 0, 'row')}
            {(current?.rejected ?? 0) > 0 &&
              `, ${formatNumber(current?.rejected, 'integer')} rejected`}
            {total !== null &&
              `, ${formatNumber(read, 'bytes')} of ${formatNumber(total, 'bytes')}`}
          </Box>
        </Box>
        <Button loading={cancelling.isLoading} onClick={() => void cancelLoad(loadId)}>
          Cancel
        </Button>
      </Box>
      <LinearProgress
        aria-label="Loading rows"
        variant={share === null ? 'indeterminate' : 'determinate'}
        value={share ?? 0}
        sx={{ height: 6 }}
      />
      {load.isError && (
        <Box role="status" sx={{ mt: 3, color: 'warning.main' }}>
          The server does not answer at the moment. The load goes on there; asking again.
        </Box>
      )}
    </Box>
  );
}
