// A form before anyone is signed in: its fields, why it was not accepted, and the one button that sends it.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import type { ReactNode } from 'react';
import { FormProblem } from '@/components/form-problem';

export interface GuestFormProps {
  onSubmit: (event: React.SyntheticEvent) => Promise<void>;
  /** Of the last answer; nothing where there was none. */
  error: unknown;
  /** What is wrong where the server refuses who sends it. */
  refused: string;
  busy: boolean;
  /** What the button says. */
  send: string;
  children: ReactNode;
}

export function GuestForm({ onSubmit, error, refused, busy, send, children }: GuestFormProps) {
  return (
    <Box
      component="form"
      noValidate
      onSubmit={(event: React.SyntheticEvent) => void onSubmit(event)}
      sx={{ display: 'grid', gap: 4 }}
    >
      {error !== undefined && (
        <FormProblem error={error} words={{ denied: refused, unauthenticated: refused }} />
      )}
      {children}
      <Button
        type="submit"
        variant="contained"
        color="primary"
        loading={busy}
        fullWidth
        sx={{ mt: 1, minHeight: 40 }}
      >
        {send}
      </Button>
    </Box>
  );
}
