// A chip with two buttons beside each other: what it says, where that opens something, and the one that takes it away. Chips
// stand in a marked group and are told apart by their place: the next one moves up, and the focus stays.
import Box from '@mui/material/Box';
import ButtonBase from '@mui/material/ButtonBase';
import { leaveRemoval } from '@/components/way-back';
import { Icon } from '@/theme/icons';

export interface ClosableChipProps {
  label: string;
  /** What taking it away is called. */
  removal: string;
  invalid?: boolean;
  /** Shows by a sign that it opens. */
  menu?: boolean;
  onOpen?: ((anchor: HTMLElement) => void) | undefined;
  onRemove: () => void;
}

const words = {
  minWidth: 0,
  pl: 3,
  pr: 1,
  fontSize: '0.8125rem',
  overflow: 'hidden',
  textOverflow: 'ellipsis',
  whiteSpace: 'nowrap',
} as const;

export function ClosableChip({
  label,
  removal,
  invalid,
  menu = false,
  onOpen,
  onRemove,
}: ClosableChipProps) {
  return (
    <Box
      title={label}
      sx={{
        display: 'inline-flex',
        alignItems: 'stretch',
        height: 30,
        maxWidth: 320,
        borderRadius: 999,
        border: 1,
        borderColor: invalid ? 'error.main' : 'transparent',
        bgcolor: 'surface.accentSoft',
        '@media (pointer: coarse)': { height: 44 },
      }}
    >
      {onOpen ? (
        <ButtonBase
          aria-haspopup="dialog"
          onClick={(event) => onOpen(event.currentTarget)}
          sx={{ ...words, display: 'block', borderRadius: '999px 0 0 999px' }}
        >
          {label}
          {menu && (
            <Box component="span" sx={{ ml: 1, verticalAlign: '-2px' }}>
              <Icon name="down" size={12} />
            </Box>
          )}
        </ButtonBase>
      ) : (
        <Box component="span" sx={{ ...words, alignSelf: 'center' }}>
          {label}
        </Box>
      )}
      <ButtonBase
        aria-label={removal}
        data-removal
        onClick={({ currentTarget }) => {
          leaveRemoval(currentTarget);
          onRemove();
        }}
        sx={{
          px: 2,
          borderRadius: '0 999px 999px 0',
          color: 'text.secondary',
          '&:hover': { color: 'text.primary' },
          '@media (pointer: coarse)': { minWidth: 40 },
        }}
      >
        <Icon name="close" size={14} />
      </ButtonBase>
    </Box>
  );
}
