// The way to the dialog that deletes rows, which loads when it is opened.
import Button from '@mui/material/Button';
import { Suspense, useState } from 'react';
import type { DatasetDetail } from '@/api/types';
import { chunkComponent } from '@/components/chunk-component';

const DeleteRowsDialog = chunkComponent(() => import('./delete-rows-dialog'));

export function DeleteRows({ dataset }: { dataset: DatasetDetail }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button onClick={() => setOpen(true)}>{'Delete rows\u2026'}</Button>
      {open && (
        <Suspense fallback={null}>
          <DeleteRowsDialog dataset={dataset} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
