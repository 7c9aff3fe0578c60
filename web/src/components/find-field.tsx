// What a list is searched by, above it.
import InputAdornment from '@mui/material/InputAdornment';
import TextField from '@mui/material/TextField';
import { Icon } from '@/theme/icons';

/** Below this many, looking is quicker than searching. */
export const searchFrom = 8;

export interface FindFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
}

export function FindField({ label, value, onChange }: FindFieldProps) {
  return (
    <TextField
      value={value}
      onChange={(event) => onChange(event.target.value)}
      placeholder={label}
      sx={{ maxWidth: 320, mb: 4 }}
      slotProps={{
        htmlInput: { 'aria-label': label },
        input: {
          startAdornment: (
            <InputAdornment position="start">
              <Icon name="search" size={16} />
            </InputAdornment>
          ),
        },
      }}
    />
  );
}
