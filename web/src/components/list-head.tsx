// The names of the columns above a list that is drawn as a grid on wide screens. Readers of the screen hear them in each
// item instead.
import Box from '@mui/material/Box';

interface Props {
  // The columns of the list.
  grid: { gridTemplateColumns: Record<string, string>; columnGap?: number; px?: number };
  names: readonly string[];
  // Which of the names stand above numbers.
  right?: readonly string[];
}

export function ListHead({ grid, names, right = [] }: Props) {
  return (
    <Box
      aria-hidden="true"
      sx={{
        ...grid,
        display: { xs: 'none', md: 'grid' },
        py: 2,
        fontSize: '0.75rem',
        fontWeight: 600,
        color: 'text.secondary',
      }}
    >
      {names.map((name) => (
        <Box
          key={name}
          component="span"
          sx={right.includes(name) ? { textAlign: 'right' } : undefined}
        >
          {name}
        </Box>
      ))}
    </Box>
  );
}
