// What one question of the organisation may read: rows and megabytes, each with no bound where it is empty.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import InputAdornment from '@mui/material/InputAdornment';
import TextField from '@mui/material/TextField';
import { useState } from 'react';
import { toProblem } from '@/api/problem';
import { useSession } from '@/api/session-slice';
import { useUpdateTenantMutation } from '@/api/tenant-api';
import type { Budget } from '@/api/types';
import { ProblemNotice } from '@/components/problem-notice';
import { SectionCard } from '@/components/section-card';
import { useToasts } from '@/components/toast-slice';

const MEGABYTE = 1_000_000;

/** A whole number, nothing, or what is none of both. */
const readCount = (text: string): number | null | undefined => {
  const bare = text.replace(/[\s,_.]/g, '');
  if (bare === '') return null;
  return /^\d{1,12}$/.test(bare) ? Number(bare) : undefined;
};

const wrong = 'A whole number, or nothing';

interface BoundFieldProps {
  label: string;
  unit?: string;
  text: string;
  fixed: boolean;
  onType: (text: string) => void;
}

function BoundField({ label, unit, text, fixed, onType }: BoundFieldProps) {
  const isWrong = readCount(text) === undefined;
  return (
    <TextField
      label={label}
      placeholder="no bound"
      value={text}
      disabled={fixed}
      error={isWrong}
      helperText={isWrong ? wrong : undefined}
      onChange={(event) => onType(event.target.value)}
      slotProps={{
        htmlInput: { inputMode: 'numeric' },
        inputLabel: { shrink: true },
        input: unit ? { endAdornment: <InputAdornment position="end">{unit}</InputAdornment> } : {},
      }}
    />
  );
}

export default function BudgetSettings() {
  const { tenant } = useSession();
  const saved: Budget = tenant?.budget ?? {};
  return <BudgetForm key={`${saved.rows} ${saved.bytes}`} saved={saved} />;
}

function BudgetForm({ saved }: { saved: Budget }) {
  const { isAtLeast } = useSession();
  const [update, { isLoading, error }] = useUpdateTenantMutation();
  const toasts = useToasts();
  const before = {
    rows: saved.rows == null ? '' : saved.rows.toLocaleString('en'),
    megabytes: saved.bytes == null ? '' : Math.ceil(saved.bytes / MEGABYTE).toLocaleString('en'),
  };
  const [typed, setTyped] = useState(before);
  const rows = readCount(typed.rows);
  const megabytes = readCount(typed.megabytes);
  const unchanged = typed.rows === before.rows && typed.megabytes === before.megabytes;
  const save = async (): Promise<void> => {
    const budget: Budget = {};
    if (rows != null) budget.rows = rows;
    // Shown in whole megabytes; what was not typed anew stays to the byte.
    if (typed.megabytes === before.megabytes) budget.bytes = saved.bytes;
    else if (megabytes != null) budget.bytes = megabytes * MEGABYTE;
    const answer = await update({ budget });
    if ('data' in answer) toasts.show({ tone: 'success', message: 'Budget saved' });
  };
  const fixed = isLoading || !isAtLeast('admin');
  return (
    <SectionCard
      title="Budget of a question"
      lead="What one question may read at most. What is kept in memory and rollups cost nothing. A question over it is refused before anything is read, with cheaper ones."
    >
      <Box
        component="form"
        sx={{
          display: 'grid',
          gridTemplateColumns: { sm: '1fr 1fr auto' },
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
        <BoundField
          label="Rows at most"
          text={typed.rows}
          fixed={fixed}
          onType={(text) => setTyped({ ...typed, rows: text })}
        />
        <BoundField
          label="Data at most"
          unit="MB"
          text={typed.megabytes}
          fixed={fixed}
          onType={(text) => setTyped({ ...typed, megabytes: text })}
        />
        <Button
          type="submit"
          variant="contained"
          disabled={fixed || unchanged || rows === undefined || megabytes === undefined}
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
