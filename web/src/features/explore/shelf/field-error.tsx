// Why the engine refuses what stands above.
import Box from '@mui/material/Box';
import type { ReactNode } from 'react';

export function FieldError({ children }: { children: ReactNode }) {
  if (!children) return null;
  return (
    <Box role="alert" sx={{ typography: 'caption', color: 'error.main', maxWidth: 420, mt: 0.5 }}>
      {children}
    </Box>
  );
}
