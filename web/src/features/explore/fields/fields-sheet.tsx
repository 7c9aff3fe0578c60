// The fields on phones: a sheet from the bottom.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Drawer from '@mui/material/Drawer';
import type { ReactNode } from 'react';

export interface FieldsSheetProps {
  open: boolean;
  onClose: () => void;
  children: ReactNode;
}

export default function FieldsSheet({ open, onClose, children }: FieldsSheetProps) {
  return (
    <Drawer
      anchor="bottom"
      open={open}
      onClose={onClose}
      slotProps={{
        paper: {
          'aria-label': 'Fields',
          sx: { borderRadius: '12px 12px 0 0', height: '85dvh', p: 4, pb: 0 },
        },
      }}
    >
      <Box sx={{ display: 'flex', alignItems: 'center', mb: 4 }}>
        <Box component="h2" sx={{ m: 0, flex: 1, typography: 'h1' }}>
          Fields
        </Box>
        <Button variant="text" onClick={onClose}>
          Done
        </Button>
      </Box>
      {children}
    </Drawer>
  );
}
