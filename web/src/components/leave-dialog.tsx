// Asks before what was typed is left behind.
import { ConfirmDialog } from '@/components/confirm-dialog';
import { useGuard } from './use-guard';

export interface LeaveDialogProps {
  changed: boolean;
  /** What would not be saved: `the contract`. */
  what: string;
}

export function LeaveDialog({ changed, what }: LeaveDialogProps) {
  const leaving = useGuard(changed);
  if (leaving === null) return null;
  return (
    <ConfirmDialog
      open
      title="Leave without saving?"
      confirmLabel="Leave"
      onConfirm={leaving.leave}
      onClose={leaving.stay}
    >
      What you changed in {what} is not saved, and would be gone.
    </ConfirmDialog>
  );
}
