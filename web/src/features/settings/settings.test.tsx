// Settings: what each role may see and hand out, changing people with undo, and the theme.
import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { describe, expect, it } from 'vitest';
import type { Calendar, MyChange, NewUser, Role, TenantChange, UserChange } from '@/api/types';
import SettingsPage from '@/app/pages/settings-page';
import { formatCalendar, yearName } from '@/lib/format/calendar';
import { session } from '@/testing/fixtures';
import { refuse } from '@/testing/handlers';
import { renderApp } from '@/testing/render-app';
import { server } from '@/testing/server';
import { themeStorageKey } from '@/theme/theme-mode';
import { problemsOf } from './attributes/attribute-rows';
import { grantableRoles } from './roles';

const open = (role: Role = 'owner') =>
  renderApp(<SettingsPage />, { session: { ...session, user: { ...session.user, role } } });

/** The changes of the organisation that are sent, each answered as the server does. */
function keepChanges(): TenantChange[] {
  const saved: TenantChange[] = [];
  let calendar: Calendar = session.tenant.calendar;
  server.use(
    http.put('*/api/v1/tenant', async ({ request }) => {
      const change = (await request.json()) as TenantChange;
      saved.push(change);
      calendar = { ...calendar, ...change.calendar };
      return HttpResponse.json({ ...session.tenant, ...change, calendar });
    }),
  );
  return saved;
}

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

describe('attributes', () => {
  async function openAttributes(name: string, role: Role = 'owner') {
    const saved: UserChange[] = [];
    server.use(
      http.put('*/api/v1/users/:id', async ({ request, params }) => {
        const change = (await request.json()) as UserChange;
        saved.push(change);
        return HttpResponse.json({ id: params.id, email: 'x@harbour.example', ...change });
      }),
    );
    const { user } = open(role);
    await user.click(await screen.findByRole('button', { name: `Change ${name}` }));
    const dialog = await screen.findByRole('dialog', { name: `Change ${name}` });
    return { user, dialog, saved };
  }
  const save = (dialog: HTMLElement) => within(dialog).getByRole('button', { name: 'Save' });

  it('stand in the list as chips', async () => {
    open();
    const chips = await screen.findByRole('list', { name: 'Attributes of Bo Sandberg' });
    expect(
      within(chips)
        .getAllByRole('listitem')
        .map((item) => item.textContent),
    ).toEqual(['country: SE, NO', 'desk: 7']);
    expect(screen.queryByRole('list', { name: 'Attributes of Chi Okafor' })).toBeNull();
  });

  it('are changed by keyboard, and nothing else is sent with them', async () => {
    const { user, dialog, saved } = await openAttributes('Bo Sandberg');
    const values = within(dialog).getByRole('textbox', { name: 'Values of country' });
    await user.click(values);
    // The last is taken back, two come, one of them not entered.
    await user.keyboard('{Backspace}Washington, DC{Enter} DK ');
    await user.click(within(dialog).getByRole('button', { name: 'Remove desk' }));
    expect(within(dialog).getByRole('button', { name: 'Add an attribute' })).toHaveFocus();
    await user.keyboard('{Enter}');
    expect(within(dialog).getByRole('combobox', { name: 'Name of attribute 2' })).toHaveFocus();
    await user.keyboard('region');
    await user.click(within(dialog).getByRole('textbox', { name: 'Values of region' }));
    await user.paste('North\nSouth\r\nNorth\n\n');
    await user.click(save(dialog));
    await waitFor(() =>
      expect(saved).toEqual([
        {
          attributes: {
            country: ['SE', 'Washington, DC', 'DK'],
            region: ['North', 'South'],
          },
        },
      ]),
    );
    expect(await screen.findByText('Bo Sandberg was saved')).toBeVisible();
  });

  it('and a budget that is typed beside them is sent with them', async () => {
    const { user, dialog, saved } = await openAttributes('Chi Okafor');
    const rows = within(dialog).getByRole('textbox', { name: 'Rows at most' });
    await user.type(rows, 'many');
    await user.click(save(dialog));
    expect(within(dialog).getByText('A whole number, or nothing')).toBeVisible();
    expect(saved).toEqual([]);
    await user.clear(rows);
    await user.type(rows, '1,000,000');
    await user.click(save(dialog));
    await waitFor(() => expect(saved).toEqual([{ attributes: {}, budget: { rows: 1_000_000 } }]));
  });

  it('are refused with the reason at its field', async () => {
    const { user, dialog, saved } = await openAttributes('Chi Okafor');
    await user.click(within(dialog).getByRole('button', { name: 'Add an attribute' }));
    await user.click(save(dialog));
    expect(within(dialog).getByText('Enter a name')).toBeVisible();
    expect(within(dialog).getByText('Enter a value')).toBeVisible();
    const name = within(dialog).getByRole('combobox', { name: 'Name of attribute 1' });
    await user.type(name, 'Country');
    expect(within(dialog).getByText('Use up to 64 of a–z, 0–9 and _')).toBeVisible();
    await user.clear(name);
    await user.type(name, 'role');
    expect(within(dialog).getByText('role is known of everybody already')).toBeVisible();
    expect(saved).toEqual([]);
  });

  it('that the server refuses stay in the dialog', async () => {
    const { user, dialog } = await openAttributes('Bo Sandberg');
    server.use(
      http.put('*/api/v1/users/u2', () => refuse(400, 'invalid', 'Not valid', 'country: too long')),
    );
    await user.click(save(dialog));
    expect(await within(dialog).findByText('country: too long')).toBeVisible();
  });

  it('are not changed of those whom one may not change', async () => {
    open('admin');
    expect(await screen.findByRole('button', { name: 'Change Bo Sandberg' })).toBeEnabled();
    expect(screen.queryByRole('button', { name: 'Change Ada Lind' })).toBeNull();
  });

  it('are given to somebody who is added', async () => {
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
    await user.type(within(dialog).getByLabelText('First password'), 'short but now longer');
    await user.click(within(dialog).getByRole('button', { name: 'Add an attribute' }));
    await user.keyboard('country');
    await user.click(within(dialog).getByRole('button', { name: 'Add' }));
    expect(await within(dialog).findByText('Enter a value')).toBeVisible();
    expect(added).toEqual([]);
    await user.type(within(dialog).getByRole('textbox', { name: 'Values of country' }), 'SE');
    await user.click(within(dialog).getByRole('button', { name: 'Add' }));
    await waitFor(() => expect(added[0]?.attributes).toEqual({ country: ['SE'] }));
  });
});

describe('what is wrong with attributes', () => {
  const row = (name: string, values: string[] = ['x'], key = 0) => ({ key, name, values });

  it.each([
    ['a name that is right', [row('a_1')], []],
    ['a name that is too long', [row('a'.repeat(65))], ['Use up to 64 of a–z, 0–9 and _']],
    [
      'a name that stands twice',
      [row('a'), row('a', ['y'], 1)],
      ['This name stands twice', 'This name stands twice'],
    ],
    [
      'values that are too many',
      [row('a', Array(1_001).fill('x'))],
      ['There are 1001; 1,000 are the most'],
    ],
    ['a value that is too long', [row('a', ['y'.repeat(257)])], [/has more than 256 characters/]],
  ])('is %s', (_, rows, said) => {
    const found = [...problemsOf(rows).values()].flatMap(({ name, values }) =>
      [name, values].filter((text) => text !== undefined),
    );
    expect(found).toEqual(
      said.map((text) => (typeof text === 'string' ? text : expect.stringMatching(text))),
    );
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

describe('the calendar of the organisation', () => {
  it('is changed by an admin, for everybody', async () => {
    const saved = keepChanges();
    const { user } = open('admin');
    await user.click(await screen.findByRole('combobox', { name: 'Weeks begin on' }));
    await user.click(await screen.findByRole('option', { name: 'Sunday' }));
    expect(await screen.findByText('Calendar saved')).toBeInTheDocument();
    await user.click(screen.getByRole('combobox', { name: 'Years begin with' }));
    await user.click(await screen.findByRole('option', { name: 'April' }));
    await waitFor(() => expect(saved).toHaveLength(2));
    await user.click(screen.getByRole('combobox', { name: 'Days begin at' }));
    await user.click(await screen.findByRole('option', { name: '06:00' }));
    await waitFor(() =>
      expect(saved).toEqual([
        // Each alone: what another admin changed meanwhile stays.
        { calendar: { weekStart: 'sunday' } },
        { calendar: { yearStart: 4 } },
        { calendar: { dayStart: 6 } },
      ]),
    );
    expect(screen.getByRole('combobox', { name: 'Weeks begin on' })).toHaveTextContent('Sunday');
  });

  it('has a weekend and holidays, which are read as they are pasted', async () => {
    const saved = keepChanges();
    const { user } = open('admin');
    const weekend = within(await screen.findByRole('group', { name: 'Weekend' }));
    expect(weekend.getByRole('checkbox', { name: 'Saturday' })).toBeChecked();
    await user.click(weekend.getByRole('checkbox', { name: 'Sunday' }));
    await waitFor(() => expect(saved).toHaveLength(1));
    expect(saved[0]).toEqual({ calendar: { weekend: ['saturday'] } });
    const list = screen.getByRole('textbox', { name: 'Holidays' });
    await user.click(list);
    await user.paste('2099-12-25 Christmas\n26.12.2099');
    expect(await screen.findByText(/Line 2/)).toHaveTextContent('26.12.2099');
    expect(screen.getByRole('button', { name: 'Save holidays' })).toBeDisabled();
    await user.clear(list);
    await user.paste('2099-12-26\n2099-12-25 Christmas');
    expect(await screen.findByText(/2 holidays/)).toHaveTextContent('Christmas');
    await user.click(screen.getByRole('button', { name: 'Save holidays' }));
    await waitFor(() => expect(saved).toHaveLength(2));
    expect(saved[1]).toEqual({
      calendar: {
        holidays: [{ date: '2099-12-25', name: 'Christmas' }, { date: '2099-12-26' }],
      },
    });
  });

  it('is only shown to others', async () => {
    open('viewer');
    expect(await screen.findByRole('combobox', { name: 'Weeks begin on' })).toHaveAttribute(
      'aria-disabled',
      'true',
    );
  });

  it('says why it was not saved', async () => {
    server.use(
      http.put('*/api/v1/tenant', () => refuse(403, 'denied', 'This takes the role admin')),
    );
    const { user } = open('admin');
    await user.click(await screen.findByRole('combobox', { name: 'Weeks begin on' }));
    await user.click(await screen.findByRole('option', { name: 'Sunday' }));
    expect(await screen.findByText(/This takes the role admin/)).toBeInTheDocument();
  });
});

describe("one's own calendar", () => {
  /** The changes of oneself that are sent, each answered as the server does. */
  function keepMine(): MyChange[] {
    const saved: MyChange[] = [];
    let calendar: MyChange['calendar'] = null;
    server.use(
      http.put('*/api/v1/me', async ({ request }) => {
        const change = (await request.json()) as MyChange;
        saved.push(change);
        calendar = change.calendar && { ...calendar, ...change.calendar };
        return HttpResponse.json({ user: { ...session.user, calendar }, tenant: session.tenant });
      }),
    );
    return saved;
  }

  it('begins as that of the organisation, and goes back to it', async () => {
    const saved = keepMine();
    const { user } = open('viewer');
    await user.click(await screen.findByRole('switch', { name: 'As the organisation' }));
    expect(await screen.findByText('Your calendar is saved')).toBeInTheDocument();
    const own = within(await screen.findByRole('group', { name: 'Your calendar' }));
    await user.click(own.getByRole('combobox', { name: 'Years begin with' }));
    await user.click(await screen.findByRole('option', { name: 'July' }));
    await waitFor(() => expect(saved).toHaveLength(2));
    expect(yearName(new Date(Date.UTC(2013, 7, 1)), formatCalendar())).toBe('FY 2013/14');
    await user.click(await screen.findByRole('switch', { name: 'As the organisation' }));
    await waitFor(() =>
      expect(saved).toEqual([
        { calendar: { weekStart: 'monday', yearStart: 1, dayStart: 0 } },
        { calendar: { yearStart: 7 } },
        { calendar: null },
      ]),
    );
    expect(screen.queryByRole('group', { name: 'Your calendar' })).toBeNull();
  });

  it('has a time zone of its own until that is emptied, and then that of the organisation', async () => {
    const saved = keepMine();
    const { user } = renderApp(<SettingsPage />, {
      session: {
        ...session,
        user: { ...session.user, role: 'viewer', calendar: { weekStart: 'sunday' } },
        tenant: { ...session.tenant, calendar: { timezone: 'Asia/Tokyo', yearStart: 4 } },
      },
    });
    const own = within(await screen.findByRole('group', { name: 'Your calendar' }));
    // What it says nothing of is as for the organisation.
    expect(own.getByRole('combobox', { name: 'Years begin with' })).toHaveTextContent('April');
    const zone = own.getByRole('combobox', { name: 'Time zone' });
    expect(zone).toHaveValue('');
    expect(zone).toHaveAttribute('placeholder', 'Asia/Tokyo');
    await user.type(zone, 'Mars{Enter}');
    expect(own.getByText('Not a time zone')).toBeInTheDocument();
    await user.clear(zone);
    await user.type(zone, 'Europe/Oslo{Enter}');
    await waitFor(() => expect(saved).toEqual([{ calendar: { timezone: 'Europe/Oslo' } }]));
    await user.clear(zone);
    await user.type(zone, '{Enter}');
    await waitFor(() => expect(saved.at(-1)).toEqual({ calendar: { timezone: null } }));
  });

  it('with holidays is given up only after a question', async () => {
    const saved = keepMine();
    const holidays = [{ date: '2099-12-24' }, { date: '2099-12-31' }];
    const own = { ...session.user, calendar: { weekStart: 'sunday' as const, holidays } };
    const { user } = renderApp(<SettingsPage />, { session: { ...session, user: own } });
    await user.click(await screen.findByRole('switch', { name: 'As the organisation' }));
    const question = await screen.findByRole('dialog', { name: 'Give up your calendar?' });
    expect(question).toHaveTextContent('2 holidays of your own will be gone');
    await user.click(within(question).getByRole('button', { name: 'Cancel' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    expect(saved).toEqual([]);
    await user.click(screen.getByRole('switch', { name: 'As the organisation' }));
    await user.click(await screen.findByRole('button', { name: 'Give it up' }));
    await waitFor(() => expect(saved).toEqual([{ calendar: null }]));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    expect(screen.getByRole('switch', { name: 'As the organisation' })).toBeChecked();
  });
});

describe('the budget of a question', () => {
  it('is set and taken away by an admin', async () => {
    const saved = keepChanges();
    const { user } = open('admin');
    const rows = await screen.findByRole('textbox', { name: 'Rows at most' });
    const form = within(rows.closest('form') as HTMLElement);
    await user.type(rows, 'many');
    expect(await form.findByText('A whole number, or nothing')).toBeInTheDocument();
    expect(form.getByRole('button', { name: 'Save' })).toBeDisabled();
    await user.clear(rows);
    await user.type(rows, '1 000 000');
    await user.type(form.getByRole('textbox', { name: 'Data at most' }), '50');
    await user.click(form.getByRole('button', { name: 'Save' }));
    expect(await screen.findByText('Budget saved')).toBeInTheDocument();
    await user.clear(await screen.findByRole('textbox', { name: 'Rows at most' }));
    await user.clear(screen.getByRole('textbox', { name: 'Data at most' }));
    await user.click(screen.getByRole('button', { name: 'Save' }));
    await waitFor(() =>
      expect(saved).toEqual([{ budget: { rows: 1_000_000, bytes: 50_000_000 } }, { budget: {} }]),
    );
  });

  it('keeps what is not typed anew to the byte', async () => {
    const saved = keepChanges();
    const tenant = { ...session.tenant, budget: { bytes: 1_500_001, cost: 12 } };
    const { user } = renderApp(<SettingsPage />, { session: { ...session, tenant } });
    await user.type(await screen.findByRole('textbox', { name: 'Rows at most' }), '7');
    expect(screen.getByRole('textbox', { name: 'Data at most' })).toHaveValue('2');
    await user.click(screen.getByRole('button', { name: 'Save' }));
    await waitFor(() =>
      expect(saved).toEqual([{ budget: { rows: 7, bytes: 1_500_001, cost: 12 } }]),
    );
    await user.clear(screen.getByRole('textbox', { name: 'Cost at most' }));
    await user.type(screen.getByRole('textbox', { name: 'Cost at most' }), '3');
    await user.click(screen.getByRole('button', { name: 'Save' }));
    await waitFor(() =>
      expect(saved[1]).toEqual({ budget: { rows: 7, bytes: 1_500_001, cost: 3 } }),
    );
  });

  it('is not shown to others', async () => {
    open('viewer');
    await screen.findByRole('switch', { name: 'As the organisation' });
    expect(screen.queryByRole('textbox', { name: 'Rows at most' })).toBeNull();
  });
});
