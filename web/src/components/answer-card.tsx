// An answer in its card: the table, and under it how many rows there are, where they come from, and what else can be done.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { lazy, Suspense, useState } from 'react';
import type { ReactNode } from 'react';
import { Icon } from '@/theme/icons';
import { RowCountLine } from './data-table';
import type { RowCountLineProps } from './data-table';
import { DialogPending } from './dialog-pending';
import type { ProvenanceDialogProps } from './provenance/provenance-dialog';

const ProvenanceDialog = lazy(() =>
  import('./provenance/provenance-dialog').then((module) => ({ default: module.ProvenanceDialog })),
);

export interface AnswerCardProps {
  /** It is that of another question than the one that is asked now. */
  outdated: boolean;
  about: Omit<ProvenanceDialogProps, 'onClose'>;
  rows: RowCountLineProps;
  actions?: ReactNode;
  children: ReactNode;
}

export function AnswerCard(props: AnswerCardProps) {
  const { outdated, about, rows, actions, children } = props;
  const [open, setOpen] = useState(false);
  return (
    <Box
      sx={{
        border: 1,
        borderColor: 'divider',
        // Told apart by its ground and edge: text that is paler is hard to read.
        borderStyle: outdated ? 'dashed' : 'solid',
        borderRadius: 1,
        bgcolor: outdated ? 'background.default' : 'background.paper',
        overflow: 'hidden',
      }}
    >
      {children}
      <Box sx={{ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: 2, pr: 2 }}>
        <Box sx={{ flex: 1, minWidth: 220 }}>
          <RowCountLine {...rows} />
        </Box>
        {actions}
        <Button
          size="small"
          variant="text"
          aria-haspopup="dialog"
          onClick={() => setOpen(true)}
          startIcon={<Icon name="info" size={16} />}
        >
          Where does this come from?
        </Button>
      </Box>
      {open && (
        <Suspense fallback={<DialogPending />}>
          <ProvenanceDialog {...about} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </Box>
  );
}
