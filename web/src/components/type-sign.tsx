// The type of a field as a short sign; the word for it stands in its title and is read out.
import Box from '@mui/material/Box';
import type { ColumnType } from '@/api/types';
import { Icon } from '@/theme/icons';
import type { IconName } from '@/theme/icons';
import { visuallyHidden } from './announcer';

interface TypeWords {
  label: string;
  /** Few letters that look like its values, or a picture where none do. */
  sign: string | { icon: IconName };
}

export const typeWords: Record<ColumnType, TypeWords> = {
  string: { label: 'Text', sign: 'Aa' },
  integer: { label: 'Whole number', sign: '12' },
  float: { label: 'Decimal', sign: '1.2' },
  boolean: { label: 'Yes or no', sign: 'Y/N' },
  date: { label: 'Date', sign: { icon: 'calendar' } },
  timestamp: { label: 'Date and time', sign: { icon: 'clock' } },
  struct: { label: 'Fields', sign: '{ }' },
  list: { label: 'List', sign: '[ ]' },
};

const measure: TypeWords = { label: 'Measure', sign: '\u03a3' };

export function SignOf({ sign }: Pick<TypeWords, 'sign'>) {
  return typeof sign === 'string' ? (
    sign
  ) : (
    <Icon name={sign.icon} size={13} strokeWidth={2} style={{ verticalAlign: '-2px' }} />
  );
}

export function TypeSign({ type }: { type: ColumnType | 'measure' }) {
  const { label, sign } = type === 'measure' ? measure : typeWords[type];
  return (
    <Box
      component="span"
      title={label}
      sx={{
        display: 'inline-block',
        minWidth: 28,
        px: 0.5,
        borderRadius: 0.5,
        textAlign: 'center',
        fontSize: '0.6875rem',
        fontWeight: 600,
        lineHeight: '18px',
        bgcolor: type === 'measure' ? 'surface.accentSoft' : 'surface.sunken',
        color: type === 'measure' ? 'primary.main' : 'text.secondary',
      }}
    >
      <span aria-hidden="true">
        <SignOf sign={sign} />
      </span>
      <Box component="span" sx={visuallyHidden}>
        {label}:{' '}
      </Box>
    </Box>
  );
}
