// What is not as it was, as a small mark: amber with a sign where it is much, quiet where it is worth knowing.
import Box from '@mui/material/Box';
import { visuallyHidden } from '@/components/announcer';
import type { Drift } from '@/api/types';
import { Icon } from '@/theme/icons';
import { driftLabel, driftName } from './drift-words';

/** `short` leaves out the column, where it stands beside it. */
export function DriftChip(props: { drift: Drift; count?: number; short?: boolean }) {
  const { drift, count = 1, short = false } = props;
  const warns = drift.severity === 'warning';
  return (
    <Box
      component="span"
      title={count === 1 ? drift.message : undefined}
      sx={{
        display: 'inline-flex',
        alignItems: 'center',
        gap: 1,
        minWidth: 0,
        maxWidth: '100%',
        px: 2,
        borderRadius: 999,
        bgcolor: 'surface.sunken',
        color: warns ? 'warning.main' : 'text.secondary',
        fontSize: '0.75rem',
        lineHeight: '22px',
      }}
    >
      <Icon name={warns ? 'warning' : 'info'} size={13} />
      {warns && (
        <Box component="span" sx={visuallyHidden}>
          Warning:{' '}
        </Box>
      )}
      <Box component="span" sx={{ minWidth: 0, overflowWrap: 'anywhere' }}>
        {short ? driftName(drift, count) : driftLabel(drift, count)}
      </Box>
    </Box>
  );
}
