// Deleting a view cannot be undone from here, and dashboards may ask it, so it asks.
import Button from '@mui/material/Button';
import { Suspense, useState } from 'react';
import { useNavigate } from 'react-router';
import { toProblem } from '@/api/problem';
import type { View } from '@/api/types';
import { useDeleteViewMutation } from '@/api/views-api';
import { chunkComponent } from '@/components/chunk-component';
import type { ConfirmDialogProps } from '@/components/confirm-dialog';
import { useToasts } from '@/components/toast-slice';

const ConfirmDialog = chunkComponent<ConfirmDialogProps>(() =>
  import('@/components/confirm-dialog').then((module) => ({ default: module.ConfirmDialog })),
);

export function DeleteView({ view }: { view: View }) {
  const [open, setOpen] = useState(false);
  const [deleteView, answer] = useDeleteViewMutation();
  const navigate = useNavigate();
  const toasts = useToasts();

  const confirm = async () => {
    const result = await deleteView(view.name);
    setOpen(false);
    if (result.error) {
      const problem = toProblem(result.error);
      toasts.show({ tone: 'error', message: problem.detail ?? problem.title });
      return;
    }
    toasts.show({ tone: 'success', message: `${view.label} was deleted` });
    void navigate('/views');
  };

  return (
    <>
      <Button aria-label="Delete view" onClick={() => setOpen(true)}>
        Delete
      </Button>
      {open && (
        <Suspense fallback={null}>
          <ConfirmDialog
            open
            title={`Delete ${view.label}?`}
            confirmLabel="Delete view"
            busy={answer.isLoading}
            onConfirm={() => void confirm()}
            onClose={() => setOpen(false)}
          >
            Dashboards and links that ask {view.name} stop showing numbers. Its models and their
            rows stay as they are.
          </ConfirmDialog>
        </Suspense>
      )}
    </>
  );
}
