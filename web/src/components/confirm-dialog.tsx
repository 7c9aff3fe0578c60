// Asks before something that cannot be undone. What can be undone is done at once, with an undo toast.
import Button from '@mui/material/Button';
import Dialog from '@mui/material/Dialog';
import DialogActions from '@mui/material/DialogActions';
import DialogContent from '@mui/material/DialogContent';
import DialogTitle from '@mui/material/DialogTitle';
import type { ReactNode } from 'react';
import { useId } from 'react';

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
  const titleId = useId();
  return (
    <Dialog
      open={props.open}
      // What is on its way cannot be called back by looking away.
      onClose={props.busy ? undefined : props.onClose}
      aria-labelledby={titleId}
      maxWidth="xs"
      fullWidth
    >
      <DialogTitle id={titleId} variant="h1" sx={{ pb: 1 }}>
        {props.title}
      </DialogTitle>
      <DialogContent sx={{ color: 'text.secondary' }}>{props.children}</DialogContent>
      <DialogActions sx={{ px: 6, pb: 5, gap: 1 }}>
        <Button disabled={props.busy} onClick={props.onClose}>
          Cancel
        </Button>
        <Button variant="contained" color="error" loading={props.busy} onClick={props.onConfirm}>
          {props.confirmLabel}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
