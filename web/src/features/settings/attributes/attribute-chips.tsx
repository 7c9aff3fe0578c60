// The attributes of a person in a list of people: a chip each, with the first of their values.
import Box from '@mui/material/Box';
import Chip from '@mui/material/Chip';
import type { Attributes } from '@/api/types';

const SHOWN_VALUES = 3;
const SHOWN_ATTRIBUTES = 4;

export function chipText(name: string, values: readonly string[]): string {
  const more = values.length > SHOWN_VALUES ? ` +${values.length - SHOWN_VALUES}` : '';
  return `${name}: ${values.slice(0, SHOWN_VALUES).join(', ')}${more}`;
}

export function AttributeChips({ name, attributes }: { name: string; attributes: Attributes }) {
  const entries = Object.entries(attributes);
  if (entries.length === 0) return null;
  const hidden = entries.length - SHOWN_ATTRIBUTES;
  return (
    <Box
      component="ul"
      aria-label={`Attributes of ${name}`}
      sx={{ listStyle: 'none', display: 'flex', flexWrap: 'wrap', gap: 1, m: 0, mt: 1, p: 0 }}
    >
      {entries.slice(0, SHOWN_ATTRIBUTES).map(([attribute, values]) => (
        <Box component="li" key={attribute} sx={{ maxWidth: '100%' }}>
          <Chip
            size="small"
            variant="outlined"
            label={chipText(attribute, values)}
            title={`${attribute}: ${values.slice(0, 100).join(', ')}`}
          />
        </Box>
      ))}
      {hidden > 0 && (
        <Box component="li" sx={{ color: 'text.secondary', alignSelf: 'center' }}>
          +{hidden}
        </Box>
      )}
    </Box>
  );
}
