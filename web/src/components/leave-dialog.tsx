// Asks before what was typed is left behind. The question itself comes once there is something to lose, and not with the page.
import { Suspense, useEffect } from 'react';
import type { ReactNode } from 'react';
import { chunkComponent } from './chunk-component';
import type { ConfirmDialogProps } from './confirm-dialog';
import { useGuard } from './use-guard';

const ConfirmDialog = chunkComponent<ConfirmDialogProps>(() =>
  import('./confirm-dialog').then((module) => ({ default: module.ConfirmDialog })),
);

export interface LeaveDialogProps {
  changed: boolean;
  /** What would not be saved: `the contract`. */
  what?: string;
  title?: string;
  /** What would be lost, where that is not a change. */
  children?: ReactNode;
}

export function LeaveDialog(props: LeaveDialogProps) {
  const { changed, what, title = 'Leave without saving?', children } = props;
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
        title={title}
        confirmLabel="Leave"
        onConfirm={leaving.leave}
        onClose={leaving.stay}
      >
        {children ?? `What you changed in ${what} is not saved, and would be gone.`}
      </ConfirmDialog>
    </Suspense>
  );
}
