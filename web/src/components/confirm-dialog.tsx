// Asks before something that cannot be undone. What can be undone is done at once, with an undo toast.
import Button from '@mui/material/Button';
import type { ReactNode } from 'react';
import { Dialog } from './dialog';

export interface ConfirmDialogProps {
  open: boolean;
  title: string;
  // What will be gone, in numbers where they are known.
  children: ReactNode;
  confirmLabel: string;
  busy?: boolean;
  onConfirm: () => void;
  onClose: () => void;
}

export function ConfirmDialog(props: ConfirmDialogProps) {
  const { open, title, children, confirmLabel, busy, onConfirm, onClose } = props;
  return (
    <Dialog
      open={open}
      title={title}
      asks
      busy={busy}
      closing="Cancel"
      onClose={onClose}
      actions={
        <Button variant="contained" color="error" loading={busy} onClick={onConfirm}>
          {confirmLabel}
        </Button>
      }
    >
      <div>{children}</div>
    </Dialog>
  );
}
