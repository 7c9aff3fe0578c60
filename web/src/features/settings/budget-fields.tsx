// The bounds of a budget, rows, megabytes and cost, each with no limit where it is empty.
import Box from '@mui/material/Box';
import InputAdornment from '@mui/material/InputAdornment';
import TextField from '@mui/material/TextField';
import { readCount } from './budget-text';
import type { TypedBudget } from './budget-text';

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
      placeholder="no limit"
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

export interface BudgetFieldsProps {
  typed: TypedBudget;
  fixed?: boolean;
  onType: (typed: TypedBudget) => void;
}

export function BudgetFields({ typed, fixed = false, onType }: BudgetFieldsProps) {
  return (
    <>
      <BoundField
        label="Rows at most"
        text={typed.rows}
        fixed={fixed}
        onType={(rows) => onType({ ...typed, rows })}
      />
      <BoundField
        label="Data at most"
        unit="MB"
        text={typed.megabytes}
        fixed={fixed}
        onType={(megabytes) => onType({ ...typed, megabytes })}
      />
      <BoundField
        label="Cost at most"
        unit="units"
        text={typed.cost}
        fixed={fixed}
        onType={(cost) => onType({ ...typed, cost })}
      />
    </>
  );
}

export interface BudgetGroupProps extends Omit<BudgetFieldsProps, 'fixed'> {
  /** Whose questions: `theirs`, `it`. */
  whose: string;
}

/** The budget of one person or key, among other things that are changed of it. */
export function BudgetGroup({ whose, typed, onType }: BudgetGroupProps) {
  return (
    <Box role="group" aria-label="Budget of a question">
      <Box component="h2" sx={{ typography: 'h3', m: 0 }}>
        Budget of a question
      </Box>
      <Box sx={{ color: 'text.secondary', mb: 3 }}>
        What one question of {whose} may read, beside the budget of the organisation.
      </Box>
      <Box sx={{ display: 'grid', gridTemplateColumns: { sm: '1fr 1fr' }, gap: 4 }}>
        <BudgetFields typed={typed} onType={onType} />
      </Box>
    </Box>
  );
}
