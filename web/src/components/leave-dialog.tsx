// Asks before what was typed is left behind. The question itself comes once there is something to lose, and not with the page.
import { Suspense, useEffect } from 'react';
import { chunkComponent } from './chunk-component';
import type { ConfirmDialogProps } from './confirm-dialog';
import { useGuard } from './use-guard';

const ConfirmDialog = chunkComponent<ConfirmDialogProps>(() =>
  import('./confirm-dialog').then((module) => ({ default: module.ConfirmDialog })),
);

export interface LeaveDialogProps {
  changed: boolean;
  /** What would not be saved: `the contract`. */
  what: string;
}

export function LeaveDialog({ changed, what }: LeaveDialogProps) {
  const leaving = useGuard(changed);
  useEffect(() => {
    // A chunk that does not come now is asked for again by the question itself.
    if (changed) ConfirmDialog.preload().catch(() => undefined);
  }, [changed]);
  if (leaving === null) return null;
  return (
    <Suspense fallback={null}>
      <ConfirmDialog
        open
        title="Leave without saving?"
        confirmLabel="Leave"
        onConfirm={leaving.leave}
        onClose={leaving.stay}
      >
        What you changed in {what} is not saved, and would be gone.
      </ConfirmDialog>
    </Suspense>
  );
}
