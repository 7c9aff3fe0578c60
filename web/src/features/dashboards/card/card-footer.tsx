// What a card says about its numbers, only when there is something to say: they are old, asking again or comparing failed, they
// count only what an access policy lets through, or a filter does not reach them.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import type { Problem } from '@/api/types';
import { StaleMark } from '@/components/states';

export interface CardFooterProps {
  warning: Problem | null;
  stale: boolean;
  confirmedAt: number | null;
  /** Quiet, and whatever else is said: it is so all the time. */
  restricted: string | null;
  onRetry: () => void;
  /** Why there is nothing to compare with. */
  uncompared: Problem | null;
  onCompare: () => void;
}

/** Of what is wrong the worst: what is shown is old, whether or not asking again failed, before what it is compared with. */
export function CardFooter(props: CardFooterProps) {
  const { warning, stale, confirmedAt, restricted, uncompared } = props;
  const isWrong = warning !== null || stale || uncompared !== null;
  return (
    <>
      {restricted !== null && (
        <Box
          data-testid="card-restricted"
          title={restricted}
          sx={{
            px: 3,
            pb: 1,
            typography: 'caption',
            color: 'text.secondary',
            overflow: 'hidden',
            textOverflow: 'ellipsis',
            whiteSpace: 'nowrap',
          }}
        >
          {restricted}
        </Box>
      )}
      {isWrong && (
        <Box
          data-testid="card-footer"
          sx={{
            display: 'flex',
            alignItems: 'center',
            gap: 2,
            px: 3,
            py: 1,
            borderTop: 1,
            borderColor: 'divider',
            typography: 'caption',
            color: 'warning.main',
          }}
        >
          {warning !== null ? (
            <Failed what="Not refreshed" problem={warning} onRetry={props.onRetry} />
          ) : stale ? (
            <StaleMark asOf={confirmedAt} stale />
          ) : (
            uncompared !== null && (
              <Failed what="Not compared" problem={uncompared} onRetry={props.onCompare} />
            )
          )}
        </Box>
      )}
    </>
  );
}

interface FailedProps {
  what: string;
  problem: Problem;
  onRetry: () => void;
}

const Failed = ({ what, problem, onRetry }: FailedProps) => (
  <>
    <Box sx={{ flex: 1, minWidth: 0 }}>
      {what}: {problem.title}
      {problem.request_id ? ` (request ${problem.request_id})` : ''}
    </Box>
    <Button size="small" variant="text" onClick={onRetry}>
      Try again
    </Button>
  </>
);
