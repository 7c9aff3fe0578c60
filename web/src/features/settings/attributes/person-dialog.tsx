// Changes what one person sees by attributes, and what a question of theirs may read.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { useState } from 'react';
import type { UserRow } from '@/api/types';
import { useUpdateUserMutation } from '@/api/users-api';
import { Dialog } from '@/components/dialog';
import { FormProblem } from '@/components/form-problem';
import { useToasts } from '@/components/toast-slice';
import { BudgetGroup } from '../budget-fields';
import { budgetOf, typedOf } from '../budget-text';
import { sameBudget } from '../keys/key-change';
import { AttributeFields } from './attribute-fields';
import { attributesOf, problemsOf, rowsOf } from './attribute-rows';

export interface PersonDialogProps {
  user: UserRow;
  /** Names of attributes that anybody has. */
  offers: readonly string[];
  onClose: () => void;
}

export default function PersonDialog({ user, offers, onClose }: PersonDialogProps) {
  const toasts = useToasts();
  const [update, answer] = useUpdateUserMutation();
  const [rows, setRows] = useState(() => rowsOf(user.attributes));
  // As it was when the fields were filled: what is read anew meanwhile is no change of who types.
  const [bounds] = useState(user.budget);
  const [typed, setTyped] = useState(() => typedOf(bounds));
  const [tried, setTried] = useState(false);
  const problems = problemsOf(rows);
  const budget = budgetOf(typed, bounds);
  const submit = async (): Promise<void> => {
    setTried(true);
    if (problems.size > 0 || budget === undefined) return;
    const { id, name } = user;
    const result = await update({
      id,
      attributes: attributesOf(rows),
      ...(sameBudget(budget, bounds) ? {} : { budget }),
    });
    if (result.error) return;
    toasts.show({ tone: 'success', message: `${name} was saved` });
    onClose();
  };
  return (
    <Dialog
      title={`Change ${user.name}`}
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
      <Box>
        <Box component="h2" sx={{ typography: 'h3', m: 0 }}>
          Attributes
        </Box>
        <Box sx={{ color: 'text.secondary', mb: 3 }}>
          Access policies of models decide by them which rows and columns somebody sees. They hold
          from the next question on.
        </Box>
        <AttributeFields
          rows={rows}
          problems={tried ? problems : new Map()}
          offers={offers}
          onChange={setRows}
        />
      </Box>
      <BudgetGroup whose="theirs" typed={typed} onType={setTyped} />
    </Dialog>
  );
}
