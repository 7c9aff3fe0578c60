// What stands below a picture of marks: what their colours and sizes stand for, what was left out, and buttons. On a phone in
// several lines.
import Box from '@mui/material/Box';
import type { ReactNode } from 'react';

export function MarkFoot({ children }: { children: ReactNode }) {
  return (
    <Box
      sx={{
        display: 'flex',
        flexWrap: 'wrap',
        alignItems: 'center',
        columnGap: 1.5,
        rowGap: 0.5,
        pt: 1,
        minHeight: 20,
        flex: 'none',
        typography: 'caption',
        color: 'text.secondary',
        overflowWrap: 'anywhere',
      }}
    >
      {children}
    </Box>
  );
}
