// The last line of a card, only when there is something to say: it is old, or asking again failed.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import type { Problem } from '@/api/types';
import { StaleMark } from '@/components/states';

export interface CardFooterProps {
  warning: Problem | null;
  stale: boolean;
  confirmedAt: number | null;
  onRetry: () => void;
}

export function CardFooter({ warning, stale, confirmedAt, onRetry }: CardFooterProps) {
  if (!warning && !stale) return null;
  return (
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
      {warning ? (
        <>
          <Box sx={{ flex: 1, minWidth: 0 }}>
            Not refreshed: {warning.title}
            {warning.request_id ? ` (request ${warning.request_id})` : ''}
          </Box>
          <Button size="small" variant="text" onClick={onRetry}>
            Try again
          </Button>
        </>
      ) : (
        <StaleMark asOf={confirmedAt} stale />
      )}
    </Box>
  );
}
