// A password that can be looked at.
import IconButton from '@mui/material/IconButton';
import InputAdornment from '@mui/material/InputAdornment';
import { useState } from 'react';
import { FormField } from './form-field';
import type { FormFieldProps } from './form-field';

export function PasswordField(props: Omit<FormFieldProps, 'type' | 'end'>) {
  const [shown, setShown] = useState(false);
  return (
    <FormField
      {...props}
      type={shown ? 'text' : 'password'}
      end={
        <InputAdornment position="end">
          <IconButton
            size="small"
            edge="end"
            aria-pressed={shown}
            aria-label="Show password"
            onClick={() => setShown(!shown)}
            sx={{ fontSize: '0.75rem', color: 'text.secondary', px: 1.5 }}
          >
            {shown ? 'Hide' : 'Show'}
          </IconButton>
        </InputAdornment>
      }
    />
  );
}
