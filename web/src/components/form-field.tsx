// A text field whose error or hint is tied to it for screen readers. Works with react-hook-form's
// `register`, which hands over name, onChange, onBlur and ref.
import TextField from '@mui/material/TextField';
import type { TextFieldProps } from '@mui/material/TextField';
import type { ReactNode, Ref } from 'react';

export interface FormFieldProps {
  label: string;
  name: string;
  onChange: (event: { target: unknown; type?: unknown }) => unknown;
  onBlur: (event: { target: unknown; type?: unknown }) => unknown;
  ref: Ref<HTMLInputElement>;
  error?: string;
  hint?: string;
  type?: string;
  autoComplete?: string;
  autoFocus?: boolean;
  end?: ReactNode;
}

export function FormField({
  label,
  error,
  hint,
  end,
  ref,
  onChange,
  onBlur,
  ...rest
}: FormFieldProps) {
  const slotProps: TextFieldProps['slotProps'] = {
    inputLabel: { shrink: true },
    input: { endAdornment: end, notched: true },
  };
  return (
    <TextField
      label={label}
      error={error !== undefined}
      helperText={error ?? hint}
      inputRef={ref}
      onChange={(event) => void onChange(event)}
      onBlur={(event) => void onBlur(event)}
      slotProps={slotProps}
      {...rest}
    />
  );
}
