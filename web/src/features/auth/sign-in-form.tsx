// Email and password. Says what went wrong in words and keeps what was typed.
import { zodResolver } from '@hookform/resolvers/zod';
import Box from '@mui/material/Box';
import { useForm } from 'react-hook-form';
import { toProblem } from '@/api/problem';
import { useSignInMutation } from '@/api/session-api';
import { FormField } from '@/components/form-field';
import { PasswordField } from '@/components/password-field';
import { GuestForm } from './guest-form';
import { signInSchema } from './schemas';

export function SignInForm() {
  const [signIn, answer] = useSignInMutation();
  const form = useForm({
    resolver: zodResolver(signInSchema),
    defaultValues: { email: '', password: '' },
  });
  const refused = answer.error !== undefined && toProblem(answer.error).status === 401;
  const submit = form.handleSubmit(async (values) => {
    const result = await signIn(values);
    if (result.error) form.setFocus('password', { shouldSelect: true });
  });

  return (
    <GuestForm
      onSubmit={submit}
      error={answer.error}
      refused="This email and password do not match"
      busy={answer.isLoading}
      send="Sign in"
    >
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
      {refused && (
        <Box sx={{ color: 'text.secondary' }}>
          Forgotten it? Whoever runs the server can give you a new password.
        </Box>
      )}
    </GuestForm>
  );
}
