// What goes in and out as files: models and views come in by a dialog that is loaded when it is opened, and go out as one file of Open
// Semantic Interchange.
import Button from '@mui/material/Button';
import { Suspense, useState } from 'react';
import { useWriteModelFilesMutation } from '@/api/model-files-api';
import { toProblem } from '@/api/problem';
import { chunkComponent } from '@/components/chunk-component';
import { useToasts } from '@/components/toast-slice';
import { saveFile } from '@/lib/save-file';
import type { ImportDialogProps } from './import-dialog';

const ImportDialog = chunkComponent<ImportDialogProps>(() => import('./import-dialog'));

export function ModelFiles({ mayEdit }: { mayEdit: boolean }) {
  const [open, setOpen] = useState(false);
  const [write, written] = useWriteModelFilesMutation();
  const toasts = useToasts();

  const exportAll = async () => {
    const { data, error } = await write('osi');
    if (error) {
      const problem = toProblem(error);
      toasts.show({ tone: 'error', message: problem.detail ?? problem.title });
      return;
    }
    for (const { name, text } of data.files)
      saveFile(new Blob([text], { type: 'application/yaml' }), name);
    if (data.left_out.length > 0)
      toasts.show({ tone: 'info', message: `Left out: ${data.left_out.join('; ')}` });
  };

  return (
    <>
      <Button disabled={written.isLoading} onClick={() => void exportAll()}>
        Export models
      </Button>
      {mayEdit && <Button onClick={() => setOpen(true)}>Import models</Button>}
      {open && (
        <Suspense fallback={null}>
          <ImportDialog onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
