// How many rows an answer may have.
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import { formatNumber } from '@/lib/format';
import { MOST_ROWS } from '@/lib/asked-state';
import { USUAL_ROWS } from './sql-url';

const choices = [100, USUAL_ROWS, 10_000, MOST_ROWS];

export interface LimitFieldProps {
  limit: number | null;
  onLimit: (limit: number | null) => void;
}

export function LimitField({ limit, onLimit }: LimitFieldProps) {
  const shown = limit ?? USUAL_ROWS;
  const all = choices.includes(shown) ? choices : [...choices, shown].sort((a, b) => a - b);
  return (
    <TextField
      select
      label="Rows at most"
      value={shown}
      onChange={(event) => {
        const chosen = Number(event.target.value);
        onLimit(chosen === USUAL_ROWS ? null : chosen);
      }}
      sx={{ width: 120 }}
    >
      {all.map((choice) => (
        <MenuItem key={choice} value={choice}>
          {formatNumber(choice, 'integer')}
        </MenuItem>
      ))}
    </TextField>
  );
}
