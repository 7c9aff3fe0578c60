// The bounds of a budget, rows, megabytes and cost, each with no limit where it is empty.
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
