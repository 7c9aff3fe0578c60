// Adds a person with a first password, which the admin hands over, and what access policies ask about them.
import { zodResolver } from '@hookform/resolvers/zod';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import { useState } from 'react';
import { Controller, useForm } from 'react-hook-form';
import * as z from 'zod/mini';
import { useSession } from '@/api/session-slice';
import { useCreateUserMutation } from '@/api/users-api';
import { Dialog } from '@/components/dialog';
import { FormField } from '@/components/form-field';
import { FormProblem } from '@/components/form-problem';
import { useToasts } from '@/components/toast-slice';
import { newPassword } from '@/lib/new-password';
import { AttributeFields } from './attributes/attribute-fields';
import { attributesOf, problemsOf } from './attributes/attribute-rows';
import type { AttributeRow } from './attributes/attribute-rows';
import { grantableRoles, roleWords } from './roles';

const schema = z.object({
  name: z.string().check(z.trim(), z.minLength(1, 'Enter a name')),
  email: z.string().check(z.trim(), z.regex(/^[^\s@]+@[^\s@]+$/, 'This is not an email address')),
  role: z.enum(['viewer', 'editor', 'admin']),
  password: newPassword,
});

export interface AddUserDialogProps {
  /** Names of attributes that anybody has. */
  offers: readonly string[];
  onClose: () => void;
}

export function AddUserDialog({ offers, onClose }: AddUserDialogProps) {
  const session = useSession();
  const toasts = useToasts();
  const [createUser, answer] = useCreateUserMutation();
  const form = useForm<z.infer<typeof schema>>({
    resolver: zodResolver(schema),
    defaultValues: { name: '', email: '', role: 'viewer', password: '' },
  });
  const { errors, isSubmitted } = form.formState;
  const [rows, setRows] = useState<AttributeRow[]>([]);
  const problems = problemsOf(rows);
  const submit = form.handleSubmit(async (values) => {
    if (problems.size > 0) return;
    const attributes = rows.length > 0 ? { attributes: attributesOf(rows) } : {};
    const result = await createUser({ ...values, ...attributes });
    if (result.error) return;
    toasts.show({ tone: 'success', message: `${values.name} can sign in now` });
    onClose();
  });

  return (
    <Dialog
      title="Add a person"
      size="sm"
      busy={answer.isLoading}
      onSubmit={() => void submit()}
      onClose={onClose}
      problem={
        answer.error && (
          <FormProblem
            error={answer.error}
            words={{ conflict: 'This email already has an account' }}
          />
        )
      }
      actions={
        <Button type="submit" variant="contained" color="primary" loading={answer.isLoading}>
          Add
        </Button>
      }
    >
      <FormField
        label="Name"
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
        hint="At least 12 characters. Hand it over in person or by a safe channel."
        error={errors.password?.message}
        {...form.register('password')}
      />
      <Box>
        <Box component="h2" sx={{ typography: 'h3', m: 0 }}>
          Attributes
        </Box>
        <Box sx={{ color: 'text.secondary', mb: 2 }}>
          Access policies decide by them which rows and columns somebody sees.
        </Box>
        <AttributeFields
          rows={rows}
          problems={isSubmitted ? problems : new Map()}
          offers={offers}
          onChange={setRows}
        />
      </Box>
    </Dialog>
  );
}
