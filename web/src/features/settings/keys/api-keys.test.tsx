// API keys in the settings: who sees them, making one that is shown once, changing and revoking.
import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { describe, expect, it, vi } from 'vitest';
import type { ApiKeyChange } from '@/api/types';
import type { Role } from '@/api/types';
import SettingsPage from '@/app/pages/settings-page';
import { session } from '@/testing/fixtures';
import { refuse } from '@/testing/handlers';
import { apiKeys } from '@/testing/key-fixtures';
import { madeToken } from '@/testing/key-handlers';
import { mockState } from '@/testing/mock-state';
import { renderApp } from '@/testing/render-app';
import { server } from '@/testing/server';
import { changeOf } from './key-change';
import { budgetWords, curlExample, expiryOf, expiryWords, usedWords } from './key-words';

const open = (role: Role = 'admin') =>
  renderApp(<SettingsPage />, { session: { ...session, user: { ...session.user, role } } });

const listed = () => screen.findByRole('list', { name: 'API keys' });

describe('the list of keys', () => {
  it('tells what each may do, without its secret', async () => {
    open();
    const [first] = within(await listed()).getAllByRole('listitem');
    expect(first).toHaveTextContent(/Nightly export · Viewer/);
    expect(first).toHaveTextContent(/tmk_3fa9c07be215…/);
    expect(first).toHaveTextContent(/never expires · made by Ada Lind/);
    expect(first).toHaveTextContent(/at most 1,000,000 rows and 50 MB a question/);
    expect(first).toHaveTextContent(/country: SE, NO/);
    expect(screen.getByText(/^expired /)).toBeVisible();
    expect(screen.getByText(/not used yet/)).toBeVisible();
  });

  it('is for admins', async () => {
    open('editor');
    expect(await screen.findByRole('heading', { name: 'Appearance' })).toBeInTheDocument();
    expect(screen.queryByRole('heading', { name: 'API keys' })).not.toBeInTheDocument();
  });

  it('says that there are none, or why it is not there', async () => {
    server.use(http.get('*/api/v1/api-keys', () => HttpResponse.json({ items: [] })));
    const { unmount } = open();
    expect(await screen.findByText('There are no keys.')).toBeVisible();
    unmount();
    server.use(
      http.get('*/api/v1/api-keys', () => refuse(503, 'unavailable', 'Not now', 'It is closed')),
    );
    open();
    expect(await screen.findByText(/It is closed/)).toBeVisible();
  });
});

describe('a new key', () => {
  it('is shown once, with a first request, and then listed', async () => {
    const { user } = open();
    const write = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue();
    await user.click(await screen.findByRole('button', { name: 'Make a key' }));
    const dialog = await screen.findByRole('dialog', { name: 'Make an API key' });
    await user.click(within(dialog).getByRole('button', { name: 'Make' }));
    expect(await within(dialog).findByText('Enter a name')).toBeVisible();
    expect(mockState.keys).toHaveLength(2);
    await user.type(within(dialog).getByRole('textbox', { name: 'Name' }), 'Wall');
    await user.click(within(dialog).getByRole('combobox', { name: /^Role/ }));
    await user.click(await screen.findByRole('option', { name: 'Editor' }));
    await user.click(within(dialog).getByRole('combobox', { name: /^Expires/ }));
    await user.click(await screen.findByRole('option', { name: /^Never/ }));
    await user.type(within(dialog).getByRole('textbox', { name: 'Rows at most' }), 'x');
    await user.click(within(dialog).getByRole('button', { name: 'Make' }));
    expect(within(dialog).getByText('A whole number, or nothing')).toBeVisible();
    await user.clear(within(dialog).getByRole('textbox', { name: 'Rows at most' }));
    await user.type(within(dialog).getByRole('textbox', { name: 'Rows at most' }), '5000');
    await user.click(within(dialog).getByRole('button', { name: 'Make' }));

    const made = await screen.findByRole('dialog', { name: 'The key was made' });
    expect(mockState.keys[0]).toMatchObject({
      name: 'Wall',
      role: 'editor',
      attributes: {},
      budget: { rows: 5000 },
      expires_at: null,
    });
    expect(within(made).getByLabelText('API key')).toHaveTextContent(madeToken);
    await user.click(within(made).getByRole('button', { name: 'Copy: API key' }));
    expect(write).toHaveBeenCalledWith(madeToken);
    // Not closed by accident: it cannot be shown again.
    await user.keyboard('{Escape}');
    expect(made).toBeVisible();
    await user.click(within(made).getByRole('button', { name: 'Done' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    expect(within(await listed()).getByText('Wall')).toBeVisible();
    expect(document.body.innerHTML).not.toContain(madeToken);
  });

  it('that the server refuses stays in the dialog', async () => {
    server.use(
      http.post('*/api/v1/api-keys', () =>
        refuse(409, 'conflict', 'Conflict', 'the tenant has 500 API keys; revoke some first'),
      ),
    );
    const { user } = open();
    await user.click(await screen.findByRole('button', { name: 'Make a key' }));
    const dialog = await screen.findByRole('dialog', { name: 'Make an API key' });
    await user.type(within(dialog).getByRole('textbox', { name: 'Name' }), 'Wall');
    await user.click(within(dialog).getByRole('button', { name: 'Make' }));
    expect(await within(dialog).findByText(/revoke some first/)).toBeVisible();
  });
});

describe('a key', () => {
  /** The changes of the first key that are sent, each answered as the server does. */
  function keepChanges(): ApiKeyChange[] {
    const changes: ApiKeyChange[] = [];
    server.use(
      http.put('*/api/v1/api-keys/k2', async ({ request }) => {
        const change = (await request.json()) as ApiKeyChange;
        expect(request.headers.get('if-match')).toBe('"4"');
        changes.push(change);
        return HttpResponse.json({ ...apiKeys()[0], ...change });
      }),
    );
    return changes;
  }

  it('is changed, and what is not typed anew is not sent', async () => {
    const changes = keepChanges();
    const { user } = open();
    await user.click(await screen.findByRole('button', { name: 'Change Nightly export' }));
    const dialog = await screen.findByRole('dialog', { name: 'Change Nightly export' });
    expect(within(dialog).queryByRole('combobox', { name: /^Role/ })).toBeNull();
    const name = within(dialog).getByRole('textbox', { name: 'Name' });
    await user.clear(name);
    await user.type(name, 'Hourly export');
    await user.click(within(dialog).getByRole('button', { name: 'Save' }));
    await waitFor(() => expect(changes).toEqual([{ name: 'Hourly export' }]));
  });

  it('is changed in what it may read alone, and not at all where nothing differs', async () => {
    const changes = keepChanges();
    const { user } = open();
    await user.click(await screen.findByRole('button', { name: 'Change Nightly export' }));
    const unchanged = await screen.findByRole('dialog', { name: 'Change Nightly export' });
    await user.click(within(unchanged).getByRole('button', { name: 'Save' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    await user.click(screen.getByRole('button', { name: 'Change Nightly export' }));
    const dialog = await screen.findByRole('dialog', { name: 'Change Nightly export' });
    await user.clear(within(dialog).getByRole('textbox', { name: 'Data at most' }));
    await user.click(within(dialog).getByRole('button', { name: 'Save' }));
    await waitFor(() => expect(changes).toEqual([{ budget: { rows: 1_000_000 } }]));
  });

  it('that another admin has changed meanwhile is read again before it is changed', async () => {
    const { user } = open();
    const change = { name: 'Change Nightly export' };
    await user.click(await screen.findByRole('button', change));
    const dialog = await screen.findByRole('dialog', change);
    const narrowed = { budget: { rows: 10 }, version: 5 };
    mockState.keys = mockState.keys.map((key) => (key.id === 'k2' ? { ...key, ...narrowed } : key));
    const rows = within(dialog).getByRole('textbox', { name: 'Rows at most' });
    await user.clear(rows);
    await user.type(rows, '2000000');
    await user.click(within(dialog).getByRole('button', { name: 'Save' }));
    expect(await within(dialog).findByText(/Somebody else has changed this key/)).toBeVisible();
    expect(mockState.keys[0]).toMatchObject(narrowed);
    await user.click(within(dialog).getByRole('button', { name: 'Cancel' }));
    expect(await screen.findByText(/at most 10 rows a question/)).toBeVisible();
    await user.click(screen.getByRole('button', change));
    const again = await screen.findByRole('dialog', change);
    expect(within(again).getByRole('textbox', { name: 'Rows at most' })).toHaveValue('10');
    const name = within(again).getByRole('textbox', { name: 'Name' });
    await user.clear(name);
    await user.type(name, 'Hourly export');
    await user.click(within(again).getByRole('button', { name: 'Save' }));
    await waitFor(() =>
      expect(mockState.keys[0]).toMatchObject({ name: 'Hourly export', version: 6 }),
    );
  });

  it('is compared with what was given, whatever the order of its attributes', () => {
    const [given] = apiKeys();
    if (given === undefined) throw new Error('no key');
    const terms = { name: given.name, attributes: { country: ['NO', 'SE'] }, budget: given.budget };
    expect(changeOf(given, terms)).toEqual({});
    expect(changeOf(given, { ...terms, expires_at: null })).toEqual({ expires_at: null });
    const attributes = { country: ['SE'] };
    expect(changeOf(given, { ...terms, attributes })).toEqual({ attributes });
  });

  it('is revoked only after a question', async () => {
    const { user } = open();
    await user.click(await screen.findByRole('button', { name: 'Revoke Old wall' }));
    const dialog = await screen.findByRole('dialog', { name: 'Revoke Old wall?' });
    expect(screen.getByText('Old wall')).toBeInTheDocument();
    await user.click(within(dialog).getByRole('button', { name: 'Revoke' }));
    expect(await screen.findByText('Old wall was revoked')).toBeVisible();
    await waitFor(() =>
      expect(screen.queryByRole('button', { name: 'Revoke Old wall' })).toBeNull(),
    );
    expect(screen.getByRole('button', { name: 'Revoke Nightly export' })).toBeEnabled();
  });
});

describe('a person who is removed', () => {
  const question = async (name: string) => {
    const { user } = open('owner');
    await listed();
    await user.click(await screen.findByRole('button', { name: `Remove ${name}` }));
    return screen.findByRole('dialog', { name: `Remove ${name}?` });
  };

  it('leaves the keys that they made and that hold, and it is said which', async () => {
    const [live] = mockState.keys;
    if (live === undefined) throw new Error('no key');
    const made = ['Wall', 'Till'].map((name) => ({
      ...live,
      id: name,
      name,
      created_by: 'Bo before the wedding',
      created_by_id: 'u2',
    }));
    const namesake = { ...live, id: 'other', name: 'Of another Bo', created_by: 'Bo Sandberg' };
    mockState.keys = [...made, namesake, ...mockState.keys];
    const dialog = await question('Bo Sandberg');
    expect(dialog).toHaveTextContent(
      '2 API keys that Bo Sandberg made go on until they are revoked: Wall, Till.',
    );
    // Neither one that has ended nor one of somebody else.
    expect(dialog).not.toHaveTextContent(/Old wall|Nightly export|another Bo/);
  });

  it('who made none leaves none', async () => {
    expect(await question('Chi Okafor')).not.toHaveTextContent(/API key/);
  });
});

describe('the words of keys', () => {
  const now = Date.parse('2026-06-01T12:00:00Z');
  const [key] = apiKeys();

  it('say when one ends and was used', () => {
    if (key === undefined) throw new Error('no key');
    expect(expiryOf('month', now)).toBe('2026-07-01T12:00:00.000Z');
    expect(expiryOf('never', now)).toBeNull();
    const at = (expires_at: string | null) => expiryWords({ ...key, expires_at }, now);
    expect(at(null)).toBe('never expires');
    expect(at('2026-06-04T12:00:00Z')).toBe('expires in 3 days');
    expect(at('2026-05-29T12:00:00Z')).toBe('expired 3 days ago');
    expect(usedWords({ ...key, last_used_at: null }, now)).toBe('not used yet');
    expect(usedWords({ ...key, last_used_at: '2026-05-29T12:00:00Z' }, now)).toBe(
      'used 3 days ago',
    );
  });

  it('say what one may read, and how it is sent', () => {
    expect(budgetWords({})).toBeNull();
    expect(budgetWords({ rows: 1 })).toBe('at most 1 row a question');
    expect(budgetWords({ bytes: 1_500_000 })).toBe('at most 2 MB a question');
    expect(budgetWords({ rows: 2, cost: 1 })).toBe('at most 2 rows and 1 unit of cost a question');
    expect(curlExample('https://bi.example', 'tmk_a_b')).toBe(
      "curl https://bi.example/api/v1/datasets \\\n  -H 'Authorization: Bearer tmk_a_b'",
    );
  });
});
