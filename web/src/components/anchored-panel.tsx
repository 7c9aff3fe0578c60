// What a button opens: beside it on wide screens, a sheet from the bottom on phones. Either covers the page, and so what is
// announced there.
import Popover from '@mui/material/Popover';
import useMediaQuery from '@mui/material/useMediaQuery';
import { Suspense } from 'react';
import type { ReactNode } from 'react';
import { Announcer } from './announcer';
import { SheetOnDemand } from './sheet-on-demand';
import { useWayBack } from './way-back';

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
      <SheetOnDemand label={label} open={anchor !== null} onClose={onClose} closing="Close">
        <Suspense fallback={null}>{children}</Suspense>
        <WayBack />
      </SheetOnDemand>
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
      <Announcer />
      <Suspense fallback={null}>{children}</Suspense>
      <WayBack />
    </Popover>
  );
}

function WayBack() {
  useWayBack();
  return null;
}
