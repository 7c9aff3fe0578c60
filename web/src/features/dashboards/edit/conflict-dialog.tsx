// Somebody else saved in the meantime. Nothing is lost silently: take theirs, or keep mine as a copy.
import Button from '@mui/material/Button';
import Dialog from '@mui/material/Dialog';
import DialogActions from '@mui/material/DialogActions';
import DialogContent from '@mui/material/DialogContent';
import DialogTitle from '@mui/material/DialogTitle';
import { useId } from 'react';

export interface ConflictDialogProps {
  baseVersion: number;
  currentVersion: number | null;
  busy: boolean;
  onTakeTheirs: () => void;
  onSaveCopy: () => void;
  onClose: () => void;
}

export function ConflictDialog(props: ConflictDialogProps) {
  const titleId = useId();
  return (
    <Dialog open onClose={props.onClose} aria-labelledby={titleId} maxWidth="xs" fullWidth>
      <DialogTitle id={titleId} variant="h1">
        Someone else saved this dashboard
      </DialogTitle>
      <DialogContent sx={{ color: 'text.secondary' }}>
        You started from version {props.baseVersion}
        {props.currentVersion === null ? '' : `; version ${props.currentVersion} is there now`}.
        Your edits are still here. Take the saved version and drop yours, or keep yours as a new
        dashboard beside it.
      </DialogContent>
      <DialogActions sx={{ px: 6, pb: 5, gap: 1, flexWrap: 'wrap' }}>
        <Button onClick={props.onClose}>Keep editing</Button>
        <Button onClick={props.onTakeTheirs} disabled={props.busy}>
          Reload theirs
        </Button>
        <Button variant="contained" color="primary" loading={props.busy} onClick={props.onSaveCopy}>
          Save mine as a copy
        </Button>
      </DialogActions>
    </Dialog>
  );
}
