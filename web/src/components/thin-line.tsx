// A thin line that moves while something is on its way. What draws how far something has come is MUI's LinearProgress; this
// one is part of the first code that everybody loads, and has one look.
import { keyframes } from '@emotion/react';
import Box from '@mui/material/Box';

const first = keyframes({
  from: { left: '-35%', right: '100%' },
  '60%, to': { left: '100%', right: '-90%' },
});
const second = keyframes({
  from: { left: '-200%', right: '100%' },
  '60%, to': { left: '107%', right: '-8%' },
});

export function ThinLine({ label }: { label: string }) {
  return (
    <Box
      component="span"
      role="progressbar"
      aria-label={label}
      sx={{
        position: 'relative',
        display: 'block',
        height: 2,
        overflow: 'hidden',
        bgcolor: 'surface.sunken',
        '&::before, &::after': {
          content: '""',
          position: 'absolute',
          top: 0,
          bottom: 0,
          bgcolor: 'primary.main',
        },
        '&::before': {
          animation: `${first} 2.1s cubic-bezier(0.65, 0.815, 0.735, 0.395) infinite`,
        },
        '&::after': {
          animation: `${second} 2.1s cubic-bezier(0.165, 0.84, 0.44, 1) 1.15s infinite`,
        },
      }}
    />
  );
}
