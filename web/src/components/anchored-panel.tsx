// What a button opens: beside it on wide screens, a sheet from the bottom on phones.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Drawer from '@mui/material/Drawer';
import Popover from '@mui/material/Popover';
import useMediaQuery from '@mui/material/useMediaQuery';
import { Suspense } from 'react';
import type { ReactNode } from 'react';

export interface AnchoredPanelProps {
  label: string;
  /** null: closed. */
  anchor: HTMLElement | null;
  onClose: () => void;
  children: ReactNode;
}

export function AnchoredPanel({ label, anchor, onClose, children }: AnchoredPanelProps) {
  const phone = useMediaQuery('(max-width: 599px)');
  if (phone) {
    return (
      <Drawer
        anchor="bottom"
        open={anchor !== null}
        onClose={onClose}
        slotProps={{
          paper: {
            'aria-label': label,
            sx: { borderRadius: '12px 12px 0 0', maxHeight: '85dvh' },
          },
        }}
      >
        <Box sx={{ display: 'flex', alignItems: 'center', px: 4, pt: 3 }}>
          <Box component="h2" sx={{ m: 0, flex: 1, typography: 'h1' }}>
            {label}
          </Box>
          <Button variant="text" onClick={onClose}>
            Close
          </Button>
        </Box>
        <Suspense fallback={null}>{children}</Suspense>
      </Drawer>
    );
  }
  return (
    <Popover
      open={anchor !== null}
      anchorEl={anchor}
      onClose={onClose}
      anchorOrigin={{ vertical: 'bottom', horizontal: 'left' }}
      slotProps={{ paper: { role: 'dialog', 'aria-label': label, sx: { mt: 1 } } }}
    >
      <Suspense fallback={null}>{children}</Suspense>
    </Popover>
  );
}
