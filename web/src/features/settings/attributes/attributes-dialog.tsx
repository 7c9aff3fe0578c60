// Changes the attributes of one person.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Dialog from '@mui/material/Dialog';
import DialogActions from '@mui/material/DialogActions';
import DialogContent from '@mui/material/DialogContent';
import DialogTitle from '@mui/material/DialogTitle';
import { useId, useState } from 'react';
import type { FormEvent } from 'react';
import type { UserRow } from '@/api/types';
import { useUpdateUserMutation } from '@/api/users-api';
import { FormProblem } from '@/components/form-problem';
import { useToasts } from '@/components/toast-slice';
import { AttributeFields } from './attribute-fields';
import { attributesOf, problemsOf, rowsOf } from './attribute-rows';

export interface AttributesDialogProps {
  user: UserRow;
  /** Names of attributes that anybody has. */
  offers: readonly string[];
  onClose: () => void;
}

export default function AttributesDialog({ user, offers, onClose }: AttributesDialogProps) {
  const titleId = useId();
  const toasts = useToasts();
  const [update, answer] = useUpdateUserMutation();
  const [rows, setRows] = useState(() => rowsOf(user.attributes));
  const [tried, setTried] = useState(false);
  const problems = problemsOf(rows);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setTried(true);
    if (problems.size > 0) return;
    const { id, name } = user;
    const result = await update({ id, attributes: attributesOf(rows) });
    if (result.error) return;
    toasts.show({ tone: 'success', message: `The attributes of ${name} were saved` });
    onClose();
  };
  return (
    <Dialog open onClose={onClose} aria-labelledby={titleId} maxWidth="sm" fullWidth>
      <Box
        component="form"
        noValidate
        onSubmit={(event) => void submit(event)}
        sx={{ display: 'flex', flexDirection: 'column', minHeight: 0 }}
      >
        <DialogTitle id={titleId} variant="h1">
          Attributes of {user.name}
        </DialogTitle>
        <DialogContent sx={{ display: 'grid', gap: 4, '&&': { pt: 2 } }}>
          <Box sx={{ color: 'text.secondary' }}>
            Access policies of models decide by them which rows and columns somebody sees. They hold
            from the next question on.
          </Box>
          {answer.error && <FormProblem error={answer.error} />}
          <AttributeFields
            rows={rows}
            problems={tried ? problems : new Map()}
            offers={offers}
            onChange={setRows}
          />
        </DialogContent>
        <DialogActions sx={{ px: 6, pb: 5, gap: 1 }}>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="contained" color="primary" loading={answer.isLoading}>
            Save
          </Button>
        </DialogActions>
      </Box>
    </Dialog>
  );
}
