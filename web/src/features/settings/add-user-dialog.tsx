// Adds a person with a first password, which the admin hands over.
import { zodResolver } from '@hookform/resolvers/zod';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Dialog from '@mui/material/Dialog';
import DialogActions from '@mui/material/DialogActions';
import DialogContent from '@mui/material/DialogContent';
import DialogTitle from '@mui/material/DialogTitle';
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import { useId } from 'react';
import { Controller, useForm } from 'react-hook-form';
import * as z from 'zod/mini';
import { useSession } from '@/api/session-slice';
import { useCreateUserMutation } from '@/api/users-api';
import { FormField } from '@/components/form-field';
import { FormProblem } from '@/components/form-problem';
import { useToasts } from '@/components/toast-slice';
import { grantableRoles, roleWords } from './roles';

const schema = z.object({
  name: z.string().check(z.trim(), z.minLength(1, 'Enter a name')),
  email: z.string().check(z.trim(), z.regex(/^[^\s@]+@[^\s@]+$/, 'This is not an email address')),
  role: z.enum(['viewer', 'editor', 'admin']),
  password: z
    .string()
    .check(
      z.minLength(12, 'Use at least 12 characters'),
      z.maxLength(256, 'Use at most 256 characters'),
    ),
});

export function AddUserDialog({ onClose }: { onClose: () => void }) {
  const titleId = useId();
  const session = useSession();
  const toasts = useToasts();
  const [createUser, answer] = useCreateUserMutation();
  const form = useForm<z.infer<typeof schema>>({
    resolver: zodResolver(schema),
    defaultValues: { name: '', email: '', role: 'viewer', password: '' },
  });
  const { errors } = form.formState;
  const submit = form.handleSubmit(async (values) => {
    const result = await createUser(values);
    if (result.error) return;
    toasts.show({ tone: 'success', message: `${values.name} can sign in now` });
    onClose();
  });

  return (
    <Dialog open onClose={onClose} aria-labelledby={titleId} maxWidth="xs" fullWidth>
      <Box component="form" noValidate onSubmit={(event) => void submit(event)}>
        <DialogTitle id={titleId} variant="h1">
          Add a person
        </DialogTitle>
        <DialogContent sx={{ display: 'grid', gap: 4, '&&': { pt: 2 } }}>
          {answer.error && (
            <FormProblem
              error={answer.error}
              words={{ conflict: 'This email already has an account' }}
            />
          )}
          <FormField
            label="Name"
            autoFocus
            autoComplete="off"
            error={errors.name?.message}
            {...form.register('name')}
          />
          <FormField
            label="Email"
            type="email"
            autoComplete="off"
            error={errors.email?.message}
            {...form.register('email')}
          />
          <Controller
            control={form.control}
            name="role"
            render={({ field: { ref, ...field } }) => (
              <TextField
                select
                label="Role"
                inputRef={ref}
                {...field}
                helperText={roleWords[field.value].may}
              >
                {grantableRoles(session.user?.role ?? 'viewer').map((role) => (
                  <MenuItem key={role} value={role}>
                    {roleWords[role].label}
                  </MenuItem>
                ))}
              </TextField>
            )}
          />
          <FormField
            label="First password"
            autoComplete="off"
            hint="Hand it over in person or by a safe channel."
            error={errors.password?.message}
            {...form.register('password')}
          />
        </DialogContent>
        <DialogActions sx={{ px: 6, pb: 5, gap: 1 }}>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="contained" color="primary" loading={answer.isLoading}>
            Add
          </Button>
        </DialogActions>
      </Box>
    </Dialog>
  );
}
