// The buttons of a map, for who has neither a wheel nor two fingers at hand. They stand beside the map and not on it, where what
// lies beneath could be neither seen nor touched. Those that lead nowhere now keep the focus.
import Box from '@mui/material/Box';
import IconButton from '@mui/material/IconButton';
import { usable } from '@/components/usable';
import { Icon } from '@/theme/icons';
import type { IconName } from '@/theme/icons';

export interface MapControlsProps {
  isWhole: boolean;
  isNearest: boolean;
  /** As the key that does the same. */
  onPress: (key: '+' | '-' | '0') => void;
}

export function MapControls({ isWhole, isNearest, onPress }: MapControlsProps) {
  const button = (
    label: string,
    hint: string,
    icon: IconName,
    may: boolean,
    key: '+' | '-' | '0',
  ) => (
    <IconButton
      size="small"
      aria-label={label}
      title={hint}
      {...usable(may, () => onPress(key))}
      sx={{ borderRadius: 0 }}
    >
      <Icon name={icon} size={16} />
    </IconButton>
  );
  return (
    <Box
      role="group"
      aria-label="Part of the map"
      sx={{
        display: 'flex',
        flex: 'none',
        ml: 'auto',
        overflow: 'hidden',
        border: 1,
        borderColor: 'divider',
        borderRadius: 1,
        bgcolor: 'background.paper',
        '& button:focus-visible': { outlineOffset: -2 },
      }}
    >
      {button('Zoom in', 'Zoom in: +, or Ctrl and the wheel', 'add', !isNearest, '+')}
      {button('Zoom out', 'Zoom out: -', 'remove', !isWhole, '-')}
      {button('Show all places', 'Show all places: 0', 'expand', !isWhole, '0')}
    </Box>
  );
}
