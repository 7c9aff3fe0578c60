// Changing one's own password: what is asked, where a refusal is told, and what password managers are told.
import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { expect, it } from 'vitest';
import SettingsPage from '@/app/pages/settings-page';
import { problem, session } from '@/testing/fixtures';
import { refuse } from '@/testing/handlers';
import { renderApp } from '@/testing/render-app';
import { server } from '@/testing/server';

async function openDialog(respond: () => Response) {
  const sent: unknown[] = [];
  server.use(
    http.post('*/api/v1/me/password', async ({ request }) => {
      sent.push(await request.json());
      return respond();
    }),
  );
  const { user } = renderApp(<SettingsPage />, {
    session: { ...session, user: { ...session.user, role: 'viewer' } },
  });
  await user.click(screen.getByRole('button', { name: 'Change password' }));
  const dialog = await screen.findByRole('dialog', { name: 'Change password' });
  const current = within(dialog).getByLabelText('Current password');
  const next = within(dialog).getByLabelText('New password');
  const change = () => user.click(within(dialog).getByRole('button', { name: 'Change' }));
  return { user, dialog, current, next, change, sent };
}

/** As the server refuses a field. */
const refused = (field: string, detail: string): Response =>
  HttpResponse.json(
    {
      ...problem(400, 'invalid', 'The request is not valid', `${field}: ${detail}`),
      errors: [{ field, detail }],
    },
    { status: 400 },
  );

const done = (): Response => new HttpResponse(null, { status: 204 });

it('takes the one that holds and a new one that is long enough', async () => {
  const { user, dialog, current, next, change, sent } = await openDialog(done);
  expect(current).toHaveAttribute('autocomplete', 'current-password');
  expect(next).toHaveAttribute('autocomplete', 'new-password');
  await waitFor(() => expect(current).toHaveFocus());
  await user.type(next, 'short');
  await change();
  expect(await within(dialog).findByText('Enter your password')).toBeVisible();
  expect(within(dialog).getByText('Use at least 12 characters')).toBeVisible();
  expect(sent).toEqual([]);
  await user.type(current, 'the old one');
  await user.type(next, ' but longer now');
  await change();
  expect(await screen.findByTestId('toast')).toHaveTextContent(/^Your password was changed/);
  await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
  expect(sent).toEqual([{ current_password: 'the old one', new_password: 'short but longer now' }]);
});

it.each([
  ['current_password', 'is not your password', 'This is not your current password'],
  [
    'new_password',
    'a password has at least 5 different characters',
    'A password has at least 5 different characters',
  ],
])('tells what is wrong with %s at its field', async (field, detail, words) => {
  const { user, dialog, current, next, change } = await openDialog(() => refused(field, detail));
  await user.type(current, 'some password');
  await user.type(next, 'aaaaaaaaaaaaaa');
  await change();
  expect(await within(dialog).findByText(words)).toBeVisible();
  const [wrong, other] = field === 'new_password' ? [next, current] : [current, next];
  expect(wrong).toHaveAccessibleDescription(words);
  expect(wrong).toBeInvalid();
  expect(other).not.toBeInvalid();
  expect(current).toHaveValue('some password');
});

it('says that there were too many attempts', async () => {
  const { user, dialog, current, next, change } = await openDialog(() =>
    refuse(429, 'exhausted', 'Too much at once', 'too many requests; try again in 90 s'),
  );
  await user.type(current, 'some password');
  await user.type(next, 'another long password');
  await change();
  expect(await within(dialog).findByText('too many requests; try again in 90 s')).toBeVisible();
});
