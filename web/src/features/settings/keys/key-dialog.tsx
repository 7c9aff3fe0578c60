// Makes an API key, or changes one. A key that was made is shown once, in the same dialog.
import { zodResolver } from '@hookform/resolvers/zod';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import { useState } from 'react';
import { Controller, useForm } from 'react-hook-form';
import * as z from 'zod/mini';
import { useCreateApiKeyMutation, useUpdateApiKeyMutation } from '@/api/api-keys-api';
import type { ApiKey } from '@/api/types';
import { Dialog } from '@/components/dialog';
import { FormField } from '@/components/form-field';
import { FormProblem } from '@/components/form-problem';
import { useToasts } from '@/components/toast-slice';
import { AttributeFields } from '../attributes/attribute-fields';
import { attributesOf, problemsOf, rowsOf } from '../attributes/attribute-rows';
import { BudgetGroup } from '../budget-fields';
import { budgetOf, typedOf } from '../budget-text';
import { CopiedText } from './copied-text';
import { changeOf } from './key-change';
import { curlExample, endWords, expiryOf, expiryWords, keyRoles } from './key-words';
import type { End, KeyRole } from './key-words';

const schema = z.object({
  name: z
    .string()
    .check(
      z.trim(),
      z.minLength(1, 'Enter a name'),
      z.maxLength(120, 'Use at most 120 characters'),
    ),
  role: z.enum(['viewer', 'editor', 'admin']),
  end: z.enum(['kept', 'month', 'quarter', 'year', 'never']),
});

export interface KeyDialogProps {
  /** The key that is changed; without one a new one is made. */
  given?: ApiKey;
  /** Names of attributes that anybody has. */
  offers: readonly string[];
  onClose: () => void;
}

export default function KeyDialog({ given: key, offers, onClose }: KeyDialogProps) {
  // As it was when the fields were filled: what is read anew meanwhile is no change of who types.
  const [given] = useState(key);
  const toasts = useToasts();
  const [create, creating] = useCreateApiKeyMutation();
  const [update, updating] = useUpdateApiKeyMutation();
  const saved = given?.budget ?? {};
  const form = useForm<z.infer<typeof schema>>({
    resolver: zodResolver(schema),
    defaultValues: {
      name: given?.name ?? '',
      role: (given?.role as KeyRole | undefined) ?? 'viewer',
      end: given ? 'kept' : 'quarter',
    },
  });
  const { errors, isSubmitted } = form.formState;
  const [rows, setRows] = useState(() => rowsOf(given?.attributes ?? {}));
  const [typed, setTyped] = useState(() => typedOf(saved));
  const [token, setToken] = useState<string | null>(null);
  const problems = problemsOf(rows);
  const budget = budgetOf(typed, saved);
  const error = creating.error ?? updating.error;
  const busy = creating.isLoading || updating.isLoading;

  const submit = form.handleSubmit(async ({ name, role, end }) => {
    if (problems.size > 0 || budget === undefined) return;
    const terms = {
      name,
      attributes: attributesOf(rows),
      budget,
      ...(end === 'kept' ? {} : { expires_at: expiryOf(end) }),
    };
    if (given === undefined) {
      const made = await create({ ...terms, role });
      if (made.data) setToken(made.data.token);
      return;
    }
    const change = changeOf(given, terms);
    if (Object.keys(change).length === 0) {
      onClose();
      return;
    }
    const changed = await update({ id: given.id, version: given.version, body: change });
    if (changed.error) return;
    toasts.show({ tone: 'success', message: `${name} was saved` });
    onClose();
  });

  if (token !== null)
    // Nothing but its button closes it: the key cannot be shown again.
    return (
      <Dialog key="made" title="The key was made" size="sm" stays closing="Done" onClose={onClose}>
        <Box sx={{ color: 'text.secondary' }}>
          Copy it now and keep it where secrets are kept. It is shown this once; only its hash is
          stored.
        </Box>
        <CopiedText label="API key" text={token} />
        <CopiedText label="A first request" text={curlExample(window.location.origin, token)} />
      </Dialog>
    );

  const ends: readonly ('kept' | End)[] = [
    ...(given ? (['kept'] as const) : []),
    ...(Object.keys(endWords) as End[]),
  ];
  return (
    <Dialog
      title={given ? `Change ${given.name}` : 'Make an API key'}
      size="sm"
      busy={busy}
      onSubmit={() => void submit()}
      onClose={onClose}
      problem={error && <FormProblem error={error} words={changedMeanwhile} />}
      actions={
        <Button type="submit" variant="contained" color="primary" loading={busy}>
          {given ? 'Save' : 'Make'}
        </Button>
      }
    >
      <FormField
        label="Name"
        autoComplete="off"
        hint="What asks with it, for instance “Nightly export”"
        error={errors.name?.message}
        {...form.register('name')}
      />
      {given === undefined && (
        <Controller
          control={form.control}
          name="role"
          render={({ field: { ref, ...field } }) => (
            <TextField
              select
              label="Role"
              inputRef={ref}
              {...field}
              helperText={keyRoles[field.value].may}
            >
              {Object.entries(keyRoles).map(([role, { label }]) => (
                <MenuItem key={role} value={role}>
                  {label}
                </MenuItem>
              ))}
            </TextField>
          )}
        />
      )}
      <Controller
        control={form.control}
        name="end"
        render={({ field: { ref, ...field } }) => (
          <TextField select label="Expires" inputRef={ref} {...field}>
            {ends.map((end) => (
              <MenuItem key={end} value={end}>
                {end === 'kept' ? kept(given) : endWords[end]}
              </MenuItem>
            ))}
          </TextField>
        )}
      />
      <Box>
        <Box component="h2" sx={{ typography: 'h3', m: 0 }}>
          Attributes
        </Box>
        <Box sx={{ color: 'text.secondary', mb: 2 }}>
          Access policies decide by them which rows and columns it sees.
        </Box>
        <AttributeFields
          rows={rows}
          problems={isSubmitted ? problems : new Map()}
          offers={offers}
          onChange={setRows}
        />
      </Box>
      <BudgetGroup whose="it" typed={typed} onType={setTyped} />
    </Dialog>
  );
}

const changedMeanwhile = {
  precondition_failed:
    'Somebody else has changed this key. Close this and open it again to see how it is now.',
};

const kept = (given: ApiKey | undefined): string =>
  given ? `As it is: ${expiryWords(given, Date.now())}` : '';
