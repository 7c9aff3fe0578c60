// Somebody else saved in the meantime. Nothing is lost silently: take theirs, or keep mine as a copy.
import Button from '@mui/material/Button';
import { Dialog } from '@/components/dialog';

export interface ConflictDialogProps {
  baseVersion: number;
  currentVersion: number | null;
  busy: boolean;
  onTakeTheirs: () => void;
  onSaveCopy: () => void;
  onClose: () => void;
}

export function ConflictDialog(props: ConflictDialogProps) {
  return (
    <Dialog
      title="Someone else saved this dashboard"
      asks
      busy={props.busy}
      closing="Keep editing"
      onClose={props.onClose}
      actions={
        <>
          <Button onClick={props.onTakeTheirs} disabled={props.busy}>
            Reload theirs
          </Button>
          <Button
            variant="contained"
            color="primary"
            loading={props.busy}
            onClick={props.onSaveCopy}
          >
            Save mine as a copy
          </Button>
        </>
      }
    >
      <div>
        You started from version {props.baseVersion}
        {props.currentVersion === null ? '' : `; version ${props.currentVersion} is there now`}.
        Your edits are still here. Take the saved version and drop yours, or keep yours as a new
        dashboard beside it.
      </div>
    </Dialog>
  );
}
