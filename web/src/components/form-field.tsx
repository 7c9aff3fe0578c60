// A text field whose error or hint is tied to it for screen readers. Works with react-hook-form's
// `register`, which hands over name, onChange, onBlur and ref. It is put together here because MUI's TextField brings
// its select along, menu and all, which whoever signs in would download for nothing.
import FormControl from '@mui/material/FormControl';
import FormHelperText from '@mui/material/FormHelperText';
import InputLabel from '@mui/material/InputLabel';
import OutlinedInput from '@mui/material/OutlinedInput';
import { useId } from 'react';
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
  const id = useId();
  const words = error ?? hint;
  return (
    <FormControl fullWidth size="small" error={error !== undefined}>
      <InputLabel shrink htmlFor={id}>
        {label}
      </InputLabel>
      <OutlinedInput
        id={id}
        label={label}
        notched
        inputRef={ref}
        endAdornment={end}
        aria-describedby={words ? `${id}-words` : undefined}
        onChange={(event) => void onChange(event)}
        onBlur={(event) => void onBlur(event)}
        {...rest}
      />
      {words && <FormHelperText id={`${id}-words`}>{words}</FormHelperText>}
    </FormControl>
  );
}
