// The panel in a dialog, with the question itself and its explanation. Every widget and every result opens it.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Dialog from '@mui/material/Dialog';
import DialogActions from '@mui/material/DialogActions';
import DialogContent from '@mui/material/DialogContent';
import DialogTitle from '@mui/material/DialogTitle';
import { useId } from 'react';
import type { Provenance, ResultColumn, SemanticQuery } from '@/api/types';
import { ExplanationSection } from './explanation';
import { CodeBlock } from './fact-list';
import { ProvenancePanel } from './provenance-panel';

export interface ProvenanceDialogProps {
  /** Of which result; left out where there is only one. */
  title?: string;
  provenance: Provenance;
  columns?: readonly ResultColumn[];
  /** What was asked: a query of a model, which can be explained, or a statement. */
  query: SemanticQuery | string;
  confirmedAt: number;
  requestId: string | null;
  onClose: () => void;
}

export function ProvenanceDialog(props: ProvenanceDialogProps) {
  const titleId = useId();
  const { query } = props;
  return (
    <Dialog
      open
      onClose={props.onClose}
      aria-labelledby={titleId}
      maxWidth="sm"
      fullWidth
      scroll="paper"
    >
      <DialogTitle id={titleId} variant="h1">
        Where does this number come from?
        {props.title && (
          <Box component="span" sx={{ display: 'block', color: 'text.secondary', fontWeight: 400 }}>
            {props.title}
          </Box>
        )}
      </DialogTitle>
      <DialogContent>
        <ProvenancePanel
          provenance={props.provenance}
          confirmedAt={props.confirmedAt}
          {...(props.columns ? { columns: props.columns } : {})}
        />
        <Box component="h3" sx={{ typography: 'h3', mt: 5, mb: 1 }}>
          {typeof query === 'string' ? 'Statement' : 'Query'}
        </Box>
        <CodeBlock title={typeof query === 'string' ? 'Statement' : 'Query'}>
          {typeof query === 'string' ? query : JSON.stringify(query, null, 2)}
        </CodeBlock>
        {typeof query !== 'string' && (
          <Box sx={{ mt: 3 }}>
            <ExplanationSection query={query} />
          </Box>
        )}
        {props.requestId && (
          <Box sx={{ typography: 'caption', color: 'text.secondary', mt: 3 }}>
            Request {props.requestId}
          </Box>
        )}
      </DialogContent>
      <DialogActions sx={{ px: 6, pb: 5 }}>
        <Button onClick={props.onClose}>Close</Button>
      </DialogActions>
    </Dialog>
  );
}
