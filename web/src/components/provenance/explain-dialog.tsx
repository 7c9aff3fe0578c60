// What a question would read, before it is asked or instead of asking it.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Dialog from '@mui/material/Dialog';
import DialogActions from '@mui/material/DialogActions';
import DialogContent from '@mui/material/DialogContent';
import DialogTitle from '@mui/material/DialogTitle';
import { useId } from 'react';
import type { SemanticQuery } from '@/api/types';
import { Announcer } from '../announcer';
import { Explained } from './explanation';

export interface ExplainDialogProps {
  /** Of which question. */
  title: string;
  query: SemanticQuery;
  onClose: () => void;
}

export function ExplainDialog({ title, query, onClose }: ExplainDialogProps) {
  const titleId = useId();
  return (
    <Dialog
      open
      onClose={onClose}
      aria-labelledby={titleId}
      maxWidth={false}
      fullWidth
      scroll="paper"
      slotProps={{ paper: { sx: { maxWidth: 680 } } }}
    >
      <DialogTitle id={titleId} variant="h1">
        What would this read?
        <Box component="span" sx={{ display: 'block', color: 'text.secondary', fontWeight: 400 }}>
          {title}
        </Box>
      </DialogTitle>
      <Announcer />
      <DialogContent>
        <Explained query={query} />
      </DialogContent>
      <DialogActions sx={{ px: 6, pb: 5 }}>
        <Button onClick={onClose}>Close</Button>
      </DialogActions>
    </Dialog>
  );
}
