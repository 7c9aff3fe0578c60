// One field: its type, its name, and whether it is chosen.
import ButtonBase from '@mui/material/ButtonBase';
import Box from '@mui/material/Box';
import { TypeSign } from '@/components/type-sign';
import { Icon } from '@/theme/icons';
import type { Field } from './fields';

export interface FieldItemProps {
  field: Field;
  chosen: boolean;
  onToggle: () => void;
}

export function FieldItem({ field, chosen, onToggle }: FieldItemProps) {
  return (
    <ButtonBase
      data-field={field.name}
      aria-pressed={chosen}
      onClick={onToggle}
      sx={{
        display: 'flex',
        width: '100%',
        justifyContent: 'flex-start',
        gap: 2,
        minHeight: 28,
        px: 1,
        borderRadius: 1,
        textAlign: 'left',
        fontSize: '0.8125rem',
        fontWeight: chosen ? 600 : 400,
        color: chosen ? 'primary.main' : 'text.primary',
        bgcolor: chosen ? 'surface.accentSoft' : 'transparent',
        '&:hover': { bgcolor: chosen ? 'surface.accentSoft' : 'surface.sunken' },
        '&.Mui-focusVisible': { outlineOffset: -2 },
        '@media (pointer: coarse)': { minHeight: 44 },
      }}
    >
      <TypeSign type={field.type} />
      <Box
        component="span"
        title={field.description ? `${field.description} (${field.name})` : field.name}
        sx={{ flex: 1, overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' }}
      >
        {field.label}
      </Box>
      {chosen && <Icon name="check" size={14} />}
    </ButtonBase>
  );
}
