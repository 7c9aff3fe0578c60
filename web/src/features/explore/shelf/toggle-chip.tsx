// What holds or does not: a named filter, a comparison.
import Box from '@mui/material/Box';
import ButtonBase from '@mui/material/ButtonBase';
import { usable } from '@/components/usable';
import { Icon } from '@/theme/icons';

export interface ToggleChipProps {
  label: string;
  pressed: boolean;
  invalid?: boolean;
  /** It does nothing now, and its hint says why. */
  disabled?: boolean;
  /** More than its label says. */
  hint?: string;
  onToggle: () => void;
}

export function ToggleChip({
  label,
  pressed,
  invalid,
  disabled = false,
  hint,
  onToggle,
}: ToggleChipProps) {
  return (
    <ButtonBase
      aria-pressed={pressed}
      title={hint ?? label}
      {...usable(!disabled, onToggle)}
      sx={{
        gap: 1,
        height: 30,
        maxWidth: 320,
        px: 3,
        borderRadius: 999,
        border: 1,
        borderColor: invalid ? 'error.main' : pressed ? 'primary.main' : 'divider',
        bgcolor: pressed ? 'surface.accentSoft' : 'transparent',
        color: pressed ? 'primary.main' : 'text.secondary',
        fontSize: '0.8125rem',
        '@media (pointer: coarse)': { height: 44 },
      }}
    >
      {pressed && <Icon name="check" size={14} />}
      <Box
        component="span"
        sx={{ minWidth: 0, overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' }}
      >
        {label}
      </Box>
    </ButtonBase>
  );
}
