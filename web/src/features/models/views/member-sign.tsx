// What a member of a view is, as a short sign: the type of a dimension, a measure, or a named filter.
import Box from '@mui/material/Box';
import { visuallyHidden } from '@/components/announcer';
import { TypeSign } from '@/components/type-sign';
import { Icon } from '@/theme/icons';
import type { Offer } from './state/part';

export function MemberSign({ type }: { type: Offer['type'] }) {
  if (type !== 'segment') return <TypeSign type={type} />;
  return (
    <Box
      component="span"
      title="Named filter"
      sx={{
        display: 'inline-grid',
        placeItems: 'center',
        flexShrink: 0,
        width: 28,
        height: 18,
        borderRadius: 0.5,
        bgcolor: 'surface.sunken',
        color: 'text.secondary',
      }}
    >
      <Icon name="filter" size={11} />
      <Box component="span" sx={visuallyHidden}>
        Named filter:{' '}
      </Box>
    </Box>
  );
}
