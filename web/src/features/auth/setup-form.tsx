// The first account of a server. The code comes from the server's first output, usually in the link.
import { zodResolver } from '@hookform/resolvers/zod';
import { useForm } from 'react-hook-form';
import { useSearchParams } from 'react-router';
import { useSetUpMutation } from '@/api/session-api';
import { FormField } from '@/components/form-field';
import { PasswordField } from '@/components/password-field';
import { GuestForm } from './guest-form';
import { setupSchema, slugOf } from './schemas';

export function SetupForm() {
  const [params] = useSearchParams();
  const code = params.get('code') ?? '';
  const [setUp, answer] = useSetUpMutation();
  const form = useForm({
    resolver: zodResolver(setupSchema),
    defaultValues: { code, organisation: '', name: '', email: '', password: '' },
  });
  const { errors } = form.formState;
  const submit = form.handleSubmit(async (values) => {
    await setUp({
      code: values.code,
      tenant: { slug: slugOf(values.organisation), name: values.organisation },
      owner: { email: values.email, name: values.name, password: values.password },
    });
  });

  return (
    <GuestForm
      onSubmit={submit}
      error={answer.error}
      refused="The set-up code is not right"
      busy={answer.isLoading}
      send="Create account"
    >
      <FormField
        label="Set-up code"
        autoComplete="off"
        autoFocus={code === ''}
        hint="The server printed it when it started for the first time."
        error={errors.code?.message}
        {...form.register('code')}
      />
      <FormField
        label="Organisation"
        autoComplete="organization"
        autoFocus={code !== ''}
        error={errors.organisation?.message}
        {...form.register('organisation')}
      />
      <FormField
        label="Your name"
        autoComplete="name"
        error={errors.name?.message}
        {...form.register('name')}
      />
      <FormField
        label="Email"
        type="email"
        autoComplete="username"
        error={errors.email?.message}
        {...form.register('email')}
      />
      <PasswordField
        label="Password"
        autoComplete="new-password"
        hint="At least 12 characters. A short sentence works well."
        error={errors.password?.message}
        {...form.register('password')}
      />
    </GuestForm>
  );
}
