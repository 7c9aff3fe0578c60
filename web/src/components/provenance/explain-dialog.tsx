// What a question would read, before it is asked or instead of asking it.
import type { SemanticQuery } from '@/api/types';
import { Dialog } from '../dialog';
import { Explained } from './explanation';

export interface ExplainDialogProps {
  /** Of which question. */
  title: string;
  query: SemanticQuery;
  onClose: () => void;
}

export function ExplainDialog({ title, query, onClose }: ExplainDialogProps) {
  return (
    <Dialog title="What would this read?" subtitle={title} size="text" onClose={onClose}>
      <div>
        <Explained query={query} />
      </div>
    </Dialog>
  );
}
