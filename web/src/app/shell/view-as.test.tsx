// Viewing as somebody else from the account menu: the banner stays, what changes something is gone, and Stop brings it back.
import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse, ws } from 'msw';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pages } from '@/app/page-chunks';
import { AppRoutes } from '@/app/router';
import type { Role } from '@/api/types';
import { session } from '@/testing/fixtures';
import { dashboardHandlers, resetDashboards } from '@/testing/dashboard-handlers';
import { modelHandlers } from '@/testing/model-handlers';
import { renderApp } from '@/testing/render-app';
import { server } from '@/testing/server';
import { formatZone } from '@/lib/format/calendar';

const open = (path: string, role: Role = 'owner') =>
  renderApp(<AppRoutes />, { path, session: { ...session, user: { ...session.user, role } } });

type User = ReturnType<typeof renderApp>['user'];

async function openMenu(user: User): Promise<HTMLElement> {
  const [account] = await screen.findAllByRole('button', { name: 'Account: Ada Lind' });
  await user.click(account!);
  return screen.findByRole('menu');
}

async function choose(user: User, name: RegExp): Promise<void> {
  const menu = await openMenu(user);
  await user.click(within(menu).getByRole('menuitem', { name: 'View as…' }));
  const dialog = await screen.findByRole('dialog', { name: 'View as' });
  await user.click(await within(dialog).findByRole('button', { name }));
}

const live = ws.link(/^wss?:.*\/api\/v1\/live$/);
let asked: string[] = [];

// A busy machine takes longer for the code of a page than a test waits for what is on it.
beforeAll(async () => {
  await Promise.all([
    pages.datasets.preload(),
    pages.dashboard.preload(),
    pages.settings.preload(),
  ]);
}, 60_000);

beforeEach(() => {
  sessionStorage.clear();
  resetDashboards(['w1']);
  asked = [];
  server.use(
    live.addEventListener('connection', () => undefined),
    http.get('*/api/v1/datasets', ({ request }) => {
      asked.push(request.headers.get('tidemill-view-as') ?? 'oneself');
      return undefined;
    }),
  );
});

describe('view as', () => {
  it('shows what somebody else sees, on every page, without ways to change it', async () => {
    const { user } = open('/datasets');
    expect(await screen.findByRole('link', { name: 'Upload a file' })).toBeVisible();
    await screen.findByRole('link', { name: 'Flights' });
    await choose(user, /Bo Sandberg/);
    const banner = await screen.findByRole('region', { name: 'View as' });
    expect(banner).toHaveTextContent('You see what Bo Sandberg sees');
    expect(await screen.findByRole('link', { name: 'Flights' })).toBeVisible();
    expect(screen.queryByRole('link', { name: 'Upload a file' })).toBeNull();
    expect(asked).toEqual(['oneself', 'u2']);

    await user.click(screen.getAllByRole('link', { name: 'Settings' })[0]!);
    expect(await screen.findByRole('heading', { name: 'Appearance' })).toBeVisible();
    expect(screen.queryByRole('heading', { name: 'People' })).toBeNull();
    expect(screen.getByRole('region', { name: 'View as' })).toBeVisible();

    await user.click(within(banner).getByRole('button', { name: 'Stop' }));
    expect(await screen.findByRole('heading', { name: 'People' })).toBeVisible();
    expect(screen.queryByRole('region', { name: 'View as' })).toBeNull();
    await waitFor(() => expect(document.getElementById('main')).toHaveFocus());
  });

  it('goes from one person to another, and is ended from the menu', async () => {
    const { user } = open('/datasets');
    await choose(user, /Bo Sandberg/);
    // Not what is read out of it, which comes a little later.
    const shown = { ignore: '[role="status"]' };
    await screen.findByText('You see what Bo Sandberg sees', shown);
    await choose(user, /Chi Okafor/);
    await screen.findByText('You see what Chi Okafor sees', shown);
    await waitFor(() => expect(asked.at(-1)).toBe('u3'));
    const menu = await openMenu(user);
    await user.click(within(menu).getByRole('menuitem', { name: 'Stop viewing as Chi Okafor' }));
    expect(screen.queryByRole('region', { name: 'View as' })).toBeNull();
  });

  it('asks in the zone of the one who is chosen', async () => {
    const bo = {
      ...session.user,
      id: 'u2',
      name: 'Bo Sandberg',
      calendar: { timezone: 'Europe/Oslo' },
      created_at: '2026-11-21T08:00:00Z',
    };
    server.use(http.get('*/api/v1/users', () => HttpResponse.json({ items: [bo] })));
    const { user } = open('/datasets');
    await choose(user, /Bo Sandberg/);
    // The page can be reached again when the dialog is gone.
    const banner = await screen.findByRole('region', { name: 'View as' });
    expect(formatZone()).toBe('Europe/Oslo');
    await user.click(await within(banner).findByRole('button', { name: 'Stop' }));
    expect(formatZone()).toBe('UTC');
  });

  it('finds a person by what is typed, and never oneself', async () => {
    const { user } = open('/datasets');
    const menu = await openMenu(user);
    await user.click(within(menu).getByRole('menuitem', { name: 'View as…' }));
    const dialog = await screen.findByRole('dialog', { name: 'View as' });
    const people = await within(dialog).findByRole('list', { name: 'People' });
    expect(within(people).getAllByRole('button')).toHaveLength(2);
    expect(people).toHaveTextContent('bo@harbour.example · editor · country SE, NO · desk 7');
    await user.type(within(dialog).getByRole('textbox', { name: 'Find a person' }), 'chi');
    expect(within(people).getAllByRole('button')).toHaveLength(1);
    await user.type(within(dialog).getByRole('textbox', { name: 'Find a person' }), 'x');
    expect(people).toHaveTextContent('Nobody is called “chix”.');
  });

  it('is for admins only', async () => {
    const { user } = open('/datasets', 'editor');
    const menu = await openMenu(user);
    expect(within(menu).queryByRole('menuitem', { name: 'View as…' })).toBeNull();
  });

  it('leaves a draft where it is, and shows what is stored', async () => {
    server.use(...dashboardHandlers);
    const { user } = open('/dashboards/d1');
    await user.click(await screen.findByRole('button', { name: 'Edit' }));
    expect(await screen.findByRole('toolbar', { name: 'Editing' })).toBeVisible();
    await choose(user, /Bo Sandberg/);
    expect(await screen.findByRole('heading', { level: 1 })).toHaveTextContent('Flights from');
    expect(screen.queryByRole('toolbar', { name: 'Editing' })).toBeNull();
    expect(screen.queryByRole('button', { name: 'Edit' })).toBeNull();
    await user.click(screen.getByRole('button', { name: 'Stop' }));
    expect(await screen.findByRole('toolbar', { name: 'Editing' })).toBeVisible();
  });

  it('warns of what is not saved', async () => {
    server.use(...modelHandlers);
    const { user } = open('/models/flights');
    const general = await screen.findByRole('region', { name: 'General' });
    await user.type(within(general).getByRole('textbox', { name: 'Label' }), '!');
    const menu = await openMenu(user);
    await user.click(within(menu).getByRole('menuitem', { name: 'View as…' }));
    const dialog = await screen.findByRole('dialog', { name: 'View as' });
    expect(dialog).toHaveTextContent('This page has changes that are not saved');
    await user.click(await within(dialog).findByRole('button', { name: /Bo Sandberg/ }));
    // Taken away and asked anew: as it is stored, and closed.
    const again = await screen.findByRole('region', { name: 'General' });
    await waitFor(() =>
      expect(within(again).getByRole('textbox', { name: 'Label' })).toBeDisabled(),
    );
    expect(within(again).getByRole('textbox', { name: 'Label' })).toHaveValue('Flights');
  });

  it('says why the people cannot be chosen', async () => {
    server.use(http.get('*/api/v1/users', () => HttpResponse.error()));
    const { user } = open('/datasets');
    const menu = await openMenu(user);
    await user.click(within(menu).getByRole('menuitem', { name: 'View as…' }));
    const dialog = await screen.findByRole('dialog', { name: 'View as' });
    expect(await within(dialog).findByRole('button', { name: 'Try again' })).toBeVisible();
  });
});
