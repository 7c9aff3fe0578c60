// While the code of a dialog is on its way: on a slow line a press is answered with "Loading" for who looks and who listens. Codes that
// are here soon show nothing. It stands over the whole page, because what opens a dialog may be small, moved or cut off.
import Box from '@mui/material/Box';
import Portal from '@mui/material/Portal';
import { useEffect } from 'react';
import { announce } from './announcer';
import { useDelayed } from './states';
import { ThinLine } from './thin-line';

export function DialogPending() {
  const show = useDelayed(true);
  useEffect(() => {
    if (show) announce('Loading');
  }, [show]);
  if (!show) return null;
  return (
    <Portal>
      <Box
        data-testid="dialog-pending"
        sx={{
          position: 'fixed',
          inset: 0,
          zIndex: 'modal',
          display: 'grid',
          placeItems: 'center',
          // The page can be used meanwhile.
          pointerEvents: 'none',
        }}
      >
        <Box
          sx={{
            minWidth: 160,
            border: 1,
            borderColor: 'divider',
            borderRadius: 1,
            overflow: 'hidden',
            bgcolor: 'background.paper',
            boxShadow: '0 6px 20px rgb(0 0 0 / 0.16)',
            textAlign: 'center',
          }}
        >
          <ThinLine label="Loading" />
          <Box sx={{ px: 5, py: 4 }}>Loading…</Box>
        </Box>
      </Box>
    </Portal>
  );
}
