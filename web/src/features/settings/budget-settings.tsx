// What one question of the organisation may read: rows, megabytes and what both cost, each with no limit where it is empty.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { useState } from 'react';
import { toProblem } from '@/api/problem';
import { useSession } from '@/api/session-slice';
import { useUpdateTenantMutation } from '@/api/tenant-api';
import type { Budget } from '@/api/types';
import { ProblemNotice } from '@/components/problem-notice';
import { SectionCard } from '@/components/section-card';
import { useToasts } from '@/components/toast-slice';
import { BudgetFields } from './budget-fields';
import { budgetOf, isSameText, typedOf } from './budget-text';

export default function BudgetSettings() {
  const { tenant } = useSession();
  const saved: Budget = tenant?.budget ?? {};
  return <BudgetForm key={`${saved.rows} ${saved.bytes} ${saved.cost}`} saved={saved} />;
}

function BudgetForm({ saved }: { saved: Budget }) {
  const { isAtLeast } = useSession();
  const [update, { isLoading, error }] = useUpdateTenantMutation();
  const toasts = useToasts();
  const before = typedOf(saved);
  const [typed, setTyped] = useState(before);
  const budget = budgetOf(typed, saved);
  const unchanged = isSameText(typed, before);
  const save = async (): Promise<void> => {
    if (budget === undefined) return;
    const answer = await update({ budget });
    if ('data' in answer) toasts.show({ tone: 'success', message: 'Budget saved' });
  };
  const fixed = isLoading || !isAtLeast('admin');
  return (
    <SectionCard
      title="Budget of a question"
      lead="What one question may read at most. A unit of cost is a million rows or 10 MB, if the server does not say otherwise; what is kept in memory and rollups cost nothing. A question over it is refused before anything is read, with cheaper ones."
    >
      <Box
        component="form"
        sx={{
          display: 'grid',
          gridTemplateColumns: { sm: '1fr 1fr 1fr auto' },
          alignItems: 'start',
          justifyItems: 'start',
          gap: 4,
          mt: 2,
        }}
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <BudgetFields typed={typed} fixed={fixed} onType={setTyped} />
        <Button
          type="submit"
          variant="contained"
          disabled={fixed || unchanged || budget === undefined}
        >
          Save
        </Button>
      </Box>
      {error && (
        <Box sx={{ mt: 4 }}>
          <ProblemNotice problem={toProblem(error)} />
        </Box>
      )}
    </SectionCard>
  );
}
