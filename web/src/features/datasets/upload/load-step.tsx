// The load as the server works on it: how much is read, how many rows, and a way to stop it.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import LinearProgress from '@mui/material/LinearProgress';
import { useEffect } from 'react';
import { useCancelLoadMutation, useGetLoadQuery } from '@/api/loads-api';
import { toProblem } from '@/api/problem';
import type { Load } from '@/api/types';
import { ErrorState } from '@/components/states';
import { loadWords } from '../loads/load-words';

const pollMs = 400;

export function LoadStep({
  loadId,
  dataset,
  onEnd,
  onRestart,
}: {
  loadId: string;
  /** Where it is known before the server has said it. */
  dataset: string | undefined;
  onEnd: (load: Load) => void;
  onRestart: () => void;
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
    const problem = toProblem(load.error);
    const gone = problem.status === 404;
    return (
      <Box sx={{ display: 'grid', gap: 4, justifyItems: 'start' }}>
        {gone ? (
          <Box role="alert">
            Nothing is known of this load any more: the server keeps how a load went for an hour,
            and until it is started anew. What it stored is among the loads of its dataset.
          </Box>
        ) : (
          <ErrorState problem={problem} onRetry={() => void load.refetch()} />
        )}
        <Button onClick={onRestart}>Choose another file</Button>
      </Box>
    );
  }
  // 0 is told while nobody knows it.
  const total = current?.bytes_total || null;
  const read = current?.bytes_read ?? 0;
  const share = total === null ? null : Math.min(100, (read / total) * 100);
  return (
    <Box
      sx={{ p: 5, border: 1, borderColor: 'divider', borderRadius: 1, bgcolor: 'background.paper' }}
    >
      <Box sx={{ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: 3, mb: 3 }}>
        <Box sx={{ flex: 1, minWidth: 180 }}>
          <Box component="h2" sx={{ m: 0, fontSize: '0.875rem', fontWeight: 600 }}>
            Loading into {current?.dataset ?? dataset ?? 'the dataset'}
          </Box>
          <Box sx={{ color: 'text.secondary', fontVariantNumeric: 'tabular-nums' }}>
            {loadWords(current)}
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
      <Box sx={{ mt: 3, color: 'text.secondary' }}>
        The load goes on if you leave this page. Its address leads back here.
      </Box>
      {load.isError && (
        <Box role="status" sx={{ mt: 3, color: 'warning.main' }}>
          The server does not answer at the moment. The load goes on there; asking again.
        </Box>
      )}
    </Box>
  );
}
