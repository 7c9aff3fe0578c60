// What a button opens on phones: a sheet from the bottom.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Drawer from '@mui/material/Drawer';
import type { ReactNode } from 'react';
import { Announcer } from './announcer';

export interface BottomSheetProps {
  label: string;
  open: boolean;
  onClose: () => void;
  /** What closing it is called. */
  closing: string;
  /** As high as it may be, with room at its sides; else as high as what is in it. */
  full?: boolean;
  children: ReactNode;
}

export default function BottomSheet(props: BottomSheetProps) {
  const { label, open, onClose, closing, full = false, children } = props;
  return (
    <Drawer
      anchor="bottom"
      open={open}
      onClose={onClose}
      slotProps={{
        paper: {
          'aria-label': label,
          sx: {
            borderRadius: '12px 12px 0 0',
            ...(full ? { height: '85dvh', p: 4, pb: 0 } : { maxHeight: '85dvh' }),
          },
        },
      }}
    >
      <Box sx={{ display: 'flex', alignItems: 'center', ...(full ? { mb: 4 } : { px: 4, pt: 3 }) }}>
        <Box component="h2" sx={{ m: 0, flex: 1, typography: 'h1' }}>
          {label}
        </Box>
        <Button variant="text" onClick={onClose}>
          {closing}
        </Button>
      </Box>
      <Announcer />
      {children}
    </Drawer>
  );
}
