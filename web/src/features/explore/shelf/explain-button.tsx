// What the question would read, while its answer is awaited, where it was refused, and beside its answer.
import Button from '@mui/material/Button';
import { lazy, Suspense, useState } from 'react';
import type { SemanticQuery } from '@/api/types';
import { DialogPending } from '@/components/dialog-pending';

const ExplainDialog = lazy(() =>
  import('@/components/provenance/explain-dialog').then((module) => ({
    default: module.ExplainDialog,
  })),
);

export function ExplainButton({ title, query }: { title: string; query: SemanticQuery }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button size="small" variant="text" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        What would this read?
      </Button>
      {open && (
        <Suspense fallback={<DialogPending />}>
          <ExplainDialog title={title} query={query} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
