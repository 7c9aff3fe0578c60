// Changes the attributes of one person.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { useState } from 'react';
import type { UserRow } from '@/api/types';
import { useUpdateUserMutation } from '@/api/users-api';
import { Dialog } from '@/components/dialog';
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
  const toasts = useToasts();
  const [update, answer] = useUpdateUserMutation();
  const [rows, setRows] = useState(() => rowsOf(user.attributes));
  const [tried, setTried] = useState(false);
  const problems = problemsOf(rows);
  const submit = async (): Promise<void> => {
    setTried(true);
    if (problems.size > 0) return;
    const { id, name } = user;
    const result = await update({ id, attributes: attributesOf(rows) });
    if (result.error) return;
    toasts.show({ tone: 'success', message: `The attributes of ${name} were saved` });
    onClose();
  };
  return (
    <Dialog
      title={`Attributes of ${user.name}`}
      size="sm"
      busy={answer.isLoading}
      onSubmit={() => void submit()}
      onClose={onClose}
      problem={answer.error && <FormProblem error={answer.error} />}
      actions={
        <Button type="submit" variant="contained" color="primary" loading={answer.isLoading}>
          Save
        </Button>
      }
    >
      <Box sx={{ color: 'text.secondary' }}>
        Access policies of models decide by them which rows and columns somebody sees. They hold
        from the next question on.
      </Box>
      <AttributeFields
        rows={rows}
        problems={tried ? problems : new Map()}
        offers={offers}
        onChange={setRows}
      />
    </Dialog>
  );
}
