// A text field whose value counts when it is left or Enter is pressed, not at every key.
import TextField from '@mui/material/TextField';
import type { TextFieldProps } from '@mui/material/TextField';
import { useState } from 'react';

export interface SettledFieldProps {
  label: string;
  value: string;
  /** Why a text cannot be taken, or null. */
  check: (text: string) => string | null;
  onSettle: (text: string) => void;
  problem?: string | undefined;
  placeholder?: string;
  disabled?: boolean;
  inputProps?: Record<string, unknown>;
  sx?: TextFieldProps['sx'];
}

export function SettledField(props: SettledFieldProps) {
  const { value, check, onSettle } = props;
  const [typed, setTyped] = useState(value);
  const [known, setKnown] = useState(value);
  // The value changed elsewhere: by Back, or by another control.
  if (known !== value) {
    setKnown(value);
    setTyped(value);
  }
  const wrong = check(typed.trim());
  const settle = (): void => {
    if (wrong === null && typed.trim() !== value) onSettle(typed.trim());
  };
  return (
    <TextField
      label={props.label}
      value={typed}
      onChange={(event) => setTyped(event.target.value)}
      onBlur={settle}
      onKeyDown={(event) => {
        if (event.key === 'Enter') settle();
      }}
      error={wrong !== null || props.problem !== undefined}
      helperText={wrong ?? props.problem}
      placeholder={props.placeholder ?? ''}
      disabled={props.disabled ?? false}
      sx={props.sx ?? {}}
      slotProps={{
        inputLabel: { shrink: true },
        htmlInput: { autoComplete: 'off', spellCheck: false, ...props.inputProps },
      }}
    />
  );
}
