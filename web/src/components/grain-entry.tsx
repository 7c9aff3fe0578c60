// A width of buckets that no list has, typed: it counts when Enter is pressed or the field is left.
import IconButton from '@mui/material/IconButton';
import InputAdornment from '@mui/material/InputAdornment';
import TextField from '@mui/material/TextField';
import type { TextFieldProps } from '@mui/material/TextField';
import { useState } from 'react';
import { parseGrain } from '@/lib/grains';
import { Icon } from '@/theme/icons';

export interface GrainEntryProps {
  label: string;
  value: string;
  onSettle: (grain: string) => void;
  onCancel: () => void;
  sx?: TextFieldProps['sx'];
}

export default function GrainEntry({ label, value, onSettle, onCancel, sx }: GrainEntryProps) {
  const [typed, setTyped] = useState(value);
  const parsed = parseGrain(typed);
  const problem = typed.trim() !== '' && 'problem' in parsed ? parsed.problem : null;
  const settle = (): void => {
    if ('grain' in parsed) onSettle(parsed.grain);
  };
  return (
    <TextField
      autoFocus
      label={label}
      value={typed}
      placeholder="15 minutes"
      onChange={(event) => setTyped(event.target.value)}
      onFocus={(event) => event.target.select()}
      onBlur={() => ('grain' in parsed ? settle() : onCancel())}
      onKeyDown={(event) => {
        if (event.key === 'Enter') {
          event.preventDefault();
          settle();
        }
        if (event.key === 'Escape') {
          event.stopPropagation();
          onCancel();
        }
      }}
      error={problem !== null}
      helperText={problem ?? 'Enter takes it'}
      sx={sx ?? {}}
      slotProps={{
        inputLabel: { shrink: true },
        input: {
          endAdornment: (
            <InputAdornment position="end">
              <IconButton
                size="small"
                aria-label="Back to the list"
                // Before the field is left, which would take what stands there.
                onMouseDown={(event) => event.preventDefault()}
                onClick={onCancel}
              >
                <Icon name="close" size={14} />
              </IconButton>
            </InputAdornment>
          ),
        },
        htmlInput: { autoComplete: 'off', spellCheck: false },
      }}
    />
  );
}
