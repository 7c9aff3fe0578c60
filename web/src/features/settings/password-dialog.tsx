// Changes one's own password: the one that holds, so that nobody does it at a screen that was left open, and the new one.
// What the server refuses is told at the field that it names.
import { zodResolver } from '@hookform/resolvers/zod';
import Button from '@mui/material/Button';
import { useForm } from 'react-hook-form';
import * as z from 'zod/mini';
import { toProblem } from '@/api/problem';
import { useChangePasswordMutation } from '@/api/tenant-api';
import { Dialog } from '@/components/dialog';
import { FormProblem } from '@/components/form-problem';
import { PasswordField } from '@/components/password-field';
import { useToasts } from '@/components/toast-slice';
import { newPassword } from '@/lib/new-password';

const schema = z.object({
  current_password: z.string().check(z.minLength(1, 'Enter your password')),
  new_password: newPassword,
});

export interface PasswordDialogProps {
  email: string;
  onClose: () => void;
}

export default function PasswordDialog({ email, onClose }: PasswordDialogProps) {
  const toasts = useToasts();
  const [change, answer] = useChangePasswordMutation();
  const form = useForm<z.infer<typeof schema>>({
    resolver: zodResolver(schema),
    defaultValues: { current_password: '', new_password: '' },
  });
  const { errors } = form.formState;
  const submit = form.handleSubmit(async (values) => {
    const { error } = await change(values);
    const told = toldAt(error);
    if (told) form.setError(told.field, { message: told.detail }, { shouldFocus: true });
    if (error) return;
    toasts.show({
      tone: 'success',
      message: 'Your password was changed; other sessions of yours have ended',
    });
    onClose();
  });

  return (
    <Dialog
      title="Change password"
      busy={answer.isLoading}
      onSubmit={() => void submit()}
      onClose={onClose}
      problem={!toldAt(answer.error) && answer.error && <FormProblem error={answer.error} />}
      actions={
        <Button type="submit" variant="contained" color="primary" loading={answer.isLoading}>
          Change
        </Button>
      }
    >
      {/* So that a password manager knows whose it is. */}
      <input type="text" autoComplete="username" value={email} readOnly hidden tabIndex={-1} />
      <PasswordField
        label="Current password"
        autoComplete="current-password"
        error={errors.current_password?.message}
        {...form.register('current_password')}
      />
      <PasswordField
        label="New password"
        autoComplete="new-password"
        hint="At least 12 characters. A short sentence works well."
        error={errors.new_password?.message}
        {...form.register('new_password')}
      />
    </Dialog>
  );
}

/** The field at which a refusal is told, in words of its own where the reason is known; null where it is about none. */
function toldAt(error: unknown): { field: keyof z.infer<typeof schema>; detail: string } | null {
  const named = toProblem(error).errors?.[0];
  if (named?.field === 'current_password')
    return { field: 'current_password', detail: 'This is not your current password' };
  if (named?.field === 'new_password')
    return { field: 'new_password', detail: sentence(named.detail) };
  return null;
}

const sentence = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);
