// Choosing how many values of a dimension are told apart, and whether the rest is shown together. Why it cannot be chosen
// stands at the control.
import Box from '@mui/material/Box';
import Checkbox from '@mui/material/Checkbox';
import FormControlLabel from '@mui/material/FormControlLabel';
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import { topChoices } from '@/lib/top-values';
import type { TopChoice } from '@/lib/top-values';

export interface TopFieldsProps {
  /** What it is about, in words. */
  dimension: string;
  /** null: all values. */
  chosen: Pick<TopChoice, 'limit' | 'others'> | null;
  /** Why there are no greatest values to ask for. */
  obstacle: string | null;
  onChoose: (chosen: Pick<TopChoice, 'limit' | 'others'> | null) => void;
}

export function TopFields({ dimension, chosen, obstacle, onChoose }: TopFieldsProps) {
  const limits = [...new Set([...topChoices, ...(chosen ? [chosen.limit] : [])])].sort(
    (a, b) => a - b,
  );
  return (
    <Box sx={{ display: 'grid', gap: 1 }}>
      <TextField
        select
        label={`Values of ${dimension}`}
        value={chosen === null ? '' : String(chosen.limit)}
        disabled={obstacle !== null}
        helperText={obstacle ?? undefined}
        onChange={({ target }) =>
          onChoose(
            target.value === ''
              ? null
              : { limit: Number(target.value), others: chosen?.others ?? true },
          )
        }
        slotProps={{ select: { displayEmpty: true }, inputLabel: { shrink: true } }}
      >
        <MenuItem value="">All</MenuItem>
        {limits.map((limit) => (
          <MenuItem key={limit} value={String(limit)}>
            Top {limit}
          </MenuItem>
        ))}
      </TextField>
      {chosen !== null && obstacle === null && (
        <FormControlLabel
          control={
            <Checkbox
              size="small"
              checked={chosen.others}
              onChange={(event) => onChoose({ ...chosen, others: event.target.checked })}
            />
          }
          label="With Other: all other values together"
        />
      )}
    </Box>
  );
}
