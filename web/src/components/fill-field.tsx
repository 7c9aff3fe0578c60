// Choosing what is shown in times without rows.
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import type { TextFieldProps } from '@mui/material/TextField';
import type { Fill } from '@/api/types';
import { fillChoices } from '@/lib/missing-buckets';

export interface FillFieldProps {
  value: Fill;
  /** Why nothing can be filled. */
  obstacle: string | null;
  problem?: string | undefined;
  onChoose: (fill: Fill) => void;
  sx?: TextFieldProps['sx'];
}

export function FillField({ value, obstacle, problem, onChoose, sx }: FillFieldProps) {
  return (
    <TextField
      select
      label="Missing values"
      value={obstacle === null ? value : 'null'}
      disabled={obstacle !== null}
      error={problem !== undefined}
      helperText={problem ?? obstacle ?? undefined}
      onChange={(event) => onChoose(event.target.value as Fill)}
      sx={sx ?? {}}
    >
      {fillChoices.map(({ fill, label }) => (
        <MenuItem key={fill} value={fill}>
          {label}
        </MenuItem>
      ))}
    </TextField>
  );
}
