// What the colours of a scale stand for: its ends, and the colours between.
import Box from '@mui/material/Box';
import { heatColour } from './core/heat-geometry';

export interface ColourKeyProps {
  low: string;
  high: string;
  dark: boolean;
}

export function ColourKey({ low, high, dark }: ColourKeyProps) {
  return (
    <>
      <span>{low}</span>
      <Box sx={{ display: 'flex', borderRadius: 0.5, overflow: 'hidden' }} aria-hidden>
        {Array.from({ length: 12 }, (_, step) => (
          <span
            key={step}
            style={{ width: 9, height: 8, background: heatColour(step / 11, dark) }}
          />
        ))}
      </Box>
      <span>{high}</span>
    </>
  );
}
