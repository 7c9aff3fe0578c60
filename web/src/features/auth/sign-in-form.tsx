// Email and password. Says what went wrong in words and keeps what was typed.
import { zodResolver } from '@hookform/resolvers/zod';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { useForm } from 'react-hook-form';
import { useSignInMutation } from '@/api/session-api';
import { FormField } from '@/components/form-field';
import { FormProblem } from '@/components/form-problem';
import { PasswordField } from './password-field';
import { signInSchema } from './schemas';

export function SignInForm() {
  const [signIn, answer] = useSignInMutation();
  const form = useForm({
    resolver: zodResolver(signInSchema),
    defaultValues: { email: '', password: '' },
  });
  const submit = form.handleSubmit(async (values) => {
    const result = await signIn(values);
    if (result.error) form.setFocus('password', { shouldSelect: true });
  });

  return (
    <Box
      component="form"
      noValidate
      onSubmit={(event) => void submit(event)}
      sx={{ display: 'grid', gap: 4 }}
    >
      {answer.error && (
        <FormProblem
          error={answer.error}
          words={{
            unauthenticated: 'This email and password do not match',
            denied: 'This email and password do not match',
          }}
        />
      )}
      <FormField
        label="Email"
        type="email"
        autoComplete="username"
        autoFocus
        error={form.formState.errors.email?.message}
        {...form.register('email')}
      />
      <PasswordField
        label="Password"
        autoComplete="current-password"
        error={form.formState.errors.password?.message}
        {...form.register('password')}
      />
      <Button
        type="submit"
        variant="contained"
        color="primary"
        loading={answer.isLoading}
        fullWidth
        sx={{ mt: 1, minHeight: 40 }}
      >
        Sign in
      </Button>
    </Box>
  );
}
