// Gives up a file that waits for its columns to be checked: it would have to be sent again, so it is asked once more.
import Button from '@mui/material/Button';
import { useState } from 'react';
import { useDiscardUploadMutation } from '@/api/loads-api';
import { toProblem } from '@/api/problem';
import type { Upload } from '@/api/types';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { useToasts } from '@/components/toast-slice';

export interface DiscardUploadProps {
  upload: Pick<Upload, 'upload_id' | 'file_name'>;
  /** Among others, where the button has to say which one it is for. */
  named?: boolean;
  /** A load of it begins. */
  busy?: boolean;
  onDiscarded?: () => void;
}

export function DiscardUpload({
  upload,
  named = false,
  busy = false,
  onDiscarded,
}: DiscardUploadProps) {
  const toasts = useToasts();
  const [discard, discarding] = useDiscardUploadMutation();
  const [asking, setAsking] = useState(false);
  const confirm = async (): Promise<void> => {
    const { error } = await discard(upload.upload_id);
    const problem = error ? toProblem(error) : null;
    setAsking(false);
    // One that is gone already, because its hour is over, is as it was meant to be.
    if (problem === null || problem.status === 404) {
      toasts.show({ tone: 'success', message: `${upload.file_name} was discarded` });
      onDiscarded?.();
    } else {
      toasts.show({ tone: 'error', message: problem.detail ?? 'The file was not discarded' });
    }
  };
  return (
    <>
      <Button
        disabled={busy}
        aria-label={named ? `Discard ${upload.file_name}` : undefined}
        onClick={() => setAsking(true)}
        sx={{ flex: { xs: 1, sm: 'none' } }}
      >
        Discard
      </Button>
      <ConfirmDialog
        open={asking}
        title={`Discard ${upload.file_name}?`}
        confirmLabel="Discard"
        busy={discarding.isLoading}
        onConfirm={() => void confirm()}
        onClose={() => setAsking(false)}
      >
        The server forgets the file, and nothing of it was stored in a dataset. To load it after all
        it is sent again.
      </ConfirmDialog>
    </>
  );
}
