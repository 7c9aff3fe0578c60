// Settings: what each role may see and hand out, changing people with undo, and the theme.
import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { describe, expect, it } from 'vitest';
import type { NewUser, Role, UserChange } from '@/api/types';
import SettingsPage from '@/app/pages/settings-page';
import { session } from '@/testing/fixtures';
import { refuse } from '@/testing/handlers';
import { renderApp } from '@/testing/render-app';
import { server } from '@/testing/server';
import { themeStorageKey } from '@/theme/theme-mode';
import { grantableRoles } from './roles';

const open = (role: Role = 'owner') =>
  renderApp(<SettingsPage />, { session: { ...session, user: { ...session.user, role } } });

describe('people', () => {
  it.each<[Role, Role[]]>([
    ['owner', ['viewer', 'editor', 'admin']],
    ['admin', ['viewer', 'editor']],
    ['editor', []],
    ['viewer', []],
  ])('%s hands out %j', (own, roles) => {
    expect(grantableRoles(own)).toEqual(roles);
  });

  it('are not shown to an editor', async () => {
    open('editor');
    expect(await screen.findByRole('heading', { name: 'Appearance' })).toBeInTheDocument();
    expect(screen.queryByRole('heading', { name: 'People' })).not.toBeInTheDocument();
  });

  it('cannot change or remove themselves', async () => {
    open();
    expect(await screen.findByText('Bo Sandberg')).toBeInTheDocument();
    expect(screen.queryByRole('combobox', { name: 'Role of Ada Lind' })).not.toBeInTheDocument();
    expect(screen.queryByRole('button', { name: 'Remove Ada Lind' })).not.toBeInTheDocument();
    expect(screen.getByRole('button', { name: 'Remove Bo Sandberg' })).toBeEnabled();
  });

  it('get another role, and the old one back by undo', async () => {
    const changes: [string, UserChange][] = [];
    server.use(
      http.put('*/api/v1/users/:id', async ({ request, params }) => {
        const change = (await request.json()) as UserChange;
        changes.push([String(params.id), change]);
        return HttpResponse.json({ id: params.id, email: 'bo@harbour.example', ...change });
      }),
    );
    const { user } = open();
    await user.click(await screen.findByRole('combobox', { name: 'Role of Bo Sandberg' }));
    await user.click(await screen.findByRole('option', { name: 'Viewer' }));
    await user.click(await screen.findByRole('button', { name: 'Undo' }));
    await waitFor(() =>
      expect(changes).toEqual([
        ['u2', { name: 'Bo Sandberg', role: 'viewer' }],
        ['u2', { name: 'Bo Sandberg', role: 'editor' }],
      ]),
    );
  });

  it('are removed only after a question, and a refusal is told', async () => {
    let asked = 0;
    server.use(
      http.delete('*/api/v1/users/u3', () => {
        asked += 1;
        return refuse(403, 'denied', 'Not allowed', 'Chi is the last viewer');
      }),
    );
    const { user } = open();
    await user.click(await screen.findByRole('button', { name: 'Remove Chi Okafor' }));
    const question = await screen.findByRole('dialog', { name: 'Remove Chi Okafor?' });
    expect(asked).toBe(0);
    await user.click(within(question).getByRole('button', { name: 'Remove' }));
    expect(await screen.findByText('Chi is the last viewer')).toBeInTheDocument();
    expect(asked).toBe(1);
  });

  it('are added with what was typed, after it was checked', async () => {
    const added: NewUser[] = [];
    server.use(
      http.post('*/api/v1/users', async ({ request }) => {
        const body = (await request.json()) as NewUser;
        added.push(body);
        return HttpResponse.json({ id: 'u9', created_at: '2026-11-22T08:00:00Z', ...body });
      }),
    );
    const { user } = open();
    await user.click(await screen.findByRole('button', { name: 'Add a person' }));
    const dialog = await screen.findByRole('dialog', { name: 'Add a person' });
    await user.type(within(dialog).getByLabelText('Name'), 'Dee');
    await user.type(within(dialog).getByLabelText('Email'), 'dee@harbour.example');
    await user.type(within(dialog).getByLabelText('First password'), 'short');
    await user.click(within(dialog).getByRole('button', { name: 'Add' }));
    expect(await within(dialog).findByText('Use at least 12 characters')).toBeInTheDocument();
    expect(added).toEqual([]);
    await user.type(within(dialog).getByLabelText('First password'), ' but now longer');
    await user.click(within(dialog).getByRole('button', { name: 'Add' }));
    expect(await screen.findByText('Dee can sign in now')).toBeInTheDocument();
    expect(added).toEqual([
      {
        name: 'Dee',
        email: 'dee@harbour.example',
        role: 'viewer',
        password: 'short but now longer',
      },
    ]);
  });
});

describe('upkeep', () => {
  it('lists what failed first, and is for admins', async () => {
    const { unmount } = open('admin');
    const list = await screen.findByRole('list', { name: 'What upkeep did' });
    const [first, second] = within(list).getAllByRole('listitem');
    expect(first).toHaveTextContent(
      'weatherRemoving unneeded dataFailed, and is tried again later: delete object: the store does not answer',
    );
    expect(second).toHaveTextContent('flightsMerging small segments3 segments less, 336,776 rows');
    unmount();
    open('editor');
    expect(await screen.findByRole('heading', { name: 'Appearance' })).toBeInTheDocument();
    expect(screen.queryByRole('heading', { name: 'Upkeep' })).not.toBeInTheDocument();
  });
});

describe('appearance', () => {
  it('keeps the chosen theme in this browser', async () => {
    const { user } = open('viewer');
    await user.click(screen.getByRole('radio', { name: 'Dark' }));
    expect(screen.getByRole('radio', { name: 'Dark' })).toBeChecked();
    expect(localStorage.getItem(themeStorageKey)).toBe('dark');
  });
});
