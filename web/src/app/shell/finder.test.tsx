// The finder: what is typed finds dashboards, data and members by their names, arrow keys choose, and Enter goes there.
import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse, ws } from 'msw';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DashboardSummary, Role } from '@/api/types';
import { pages } from '@/app/page-chunks';
import { AppRoutes } from '@/app/router';
import { dashboardHandlers, resetDashboards } from '@/testing/dashboard-handlers';
import { flightsModel } from '@/testing/fake-engine';
import { datasets, session } from '@/testing/fixtures';
import { renderApp } from '@/testing/render-app';
import { server } from '@/testing/server';
import { tripsView } from '@/testing/view-fixtures';
import { entriesOf, findEntries, MOST_FOUND } from './finder-entries';

const live = ws.link(/^wss?:.*\/api\/v1\/live$/);

// What loads when it is opened, loaded once for all tests.
beforeAll(async () => {
  await Promise.all([
    pages.home.preload(),
    pages.explore.preload(),
    pages.datasets.preload(),
    pages.dataset.preload(),
    import('./finder'),
    import('@/components/shortcuts-dialog'),
  ]);
}, 60_000);

beforeEach(() => {
  resetDashboards(['w1']);
  server.use(
    live.addEventListener('connection', () => undefined),
    ...dashboardHandlers,
  );
});

const dashboard = (id: string, title: string, updated_at: string): DashboardSummary => ({
  id,
  title,
  description: null,
  models: [],
  updated_at,
  updated_by: null,
  version: 1,
  widgets: 3,
});

describe('entries', () => {
  const sources = {
    dashboards: [
      dashboard('d1', 'Airport costs', '2026-11-01T00:00:00Z'),
      dashboard('d2', 'Late flights', '2026-11-02T00:00:00Z'),
    ],
    datasets,
    models: [
      {
        ...flightsModel,
        measures: [
          ...flightsModel.measures,
          {
            name: 'hidden',
            label: 'Flights that nobody is offered',
            kind: 'count' as const,
            public: false,
          },
        ],
      },
    ],
    views: [tripsView],
  };
  const entries = entriesOf(sources, true);
  const found = (text: string): string[] =>
    findEntries(entries, text).map(({ label, kind }) => `${label}, ${kind}`);

  it('are dashboards, the newest first, and pages where nothing is typed', () => {
    expect(found('').slice(0, 3)).toEqual([
      'Late flights, Dashboard',
      'Airport costs, Dashboard',
      'Dashboards, Page',
    ]);
    expect(found('  ')).toContain('Upload a file, Page');
    expect(findEntries(entriesOf(sources, false), '').map(({ label }) => label)).not.toContain(
      'Upload a file',
    );
  });

  it('are found by every word, the nearest first: the whole name, its beginning, a word in it', () => {
    expect(found('flights').slice(0, 4)).toEqual([
      'Flights, Dataset',
      'Flights, Measure of Flights',
      'Late flights, Dashboard',
      'Explore Flights, Model',
    ]);
    expect(found('dash late')).toEqual(['Late flights, Dashboard']);
    expect(found('late nothing')).toEqual([]);
    expect(found('flights').length).toBeLessThanOrEqual(MOST_FOUND);
    expect(found('nobody')).toEqual([]);
  });

  it('are called by their names where they have no labels', () => {
    const [first, ...others] = sources.datasets;
    const unlabelled = {
      ...sources,
      datasets: [{ ...first!, name: 'bare', label: '' }, ...others],
    };
    expect(findEntries(entriesOf(unlabelled, true), 'bare')[0]).toMatchObject({
      label: 'bare',
      kind: 'Dataset',
    });
  });

  it('ask for a measure alone, and for a dimension with the first measure', () => {
    const to = (text: string): string | null | undefined => findEntries(entries, text)[0]?.to;
    expect(to('share late')).toBe('/explore?model=flights&m=share_late');
    expect(to('carrier flights')).toBe('/explore?model=flights&m=count&d=carrier');
    expect(to('explore trips')).toBe(`/explore?model=${tripsView.definition.name}`);
  });
});

const open = (path: string, role: Role = 'owner') =>
  renderApp(<AppRoutes />, { path, session: { ...session, user: { ...session.user, role } } });

describe('the finder', () => {
  it('opens by its shortcut, also while somebody types, and goes where Enter says', async () => {
    const { user } = open('/explore?model=flights');
    const fields = await screen.findAllByRole('textbox');
    fireEvent.keyDown(fields[0]!, { key: 'k', ctrlKey: true });
    const dialog = await screen.findByRole('dialog', { name: 'Find' });
    const field = within(dialog).getByRole('combobox');
    await waitFor(() => expect(field).toHaveFocus());
    await within(dialog).findByRole('option', { name: /^Flights from New York/ });

    await user.type(field, 'wea');
    const option = await within(dialog).findByRole('option', { name: /^Hourly weather/ });
    expect(option).toHaveAttribute('aria-selected', 'true');
    expect(field).toHaveAttribute('aria-activedescendant', option.id);
    await user.keyboard('{Enter}');
    expect(await screen.findByRole('heading', { level: 1, name: /weather/i })).toBeVisible();
    expect(screen.queryByRole('dialog')).toBeNull();
    await waitFor(() => expect(document.getElementById('main')).toHaveFocus());
  });

  it('is walked by arrow keys, round its ends, and closed by Escape', async () => {
    const { user } = open('/datasets');
    const [button] = await screen.findAllByRole('button', { name: 'Find' });
    await user.click(button!);
    const dialog = await screen.findByRole('dialog', { name: 'Find' });
    await within(dialog).findByRole('option', { name: /^Flights from New York/ });
    const chosen = () => within(dialog).getByRole('option', { selected: true }).textContent;
    const all = within(dialog).getAllByRole('option');
    await user.keyboard('{ArrowUp}');
    expect(chosen()).toBe(all.at(-1)?.textContent);
    await user.keyboard('{ArrowDown}{ArrowDown}');
    expect(chosen()).toBe(all[1]?.textContent);
    await user.keyboard('{Escape}');
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    await waitFor(() => expect(button).toHaveFocus());
  });

  it('is closed by a button, too, because a phone has no Escape', async () => {
    const { user } = open('/datasets');
    const [button] = await screen.findAllByRole('button', { name: 'Find' });
    await user.click(button!);
    const dialog = await screen.findByRole('dialog', { name: 'Find' });
    // Wide screens do not show it.
    await user.click(within(dialog).getByRole('button', { name: 'Close', hidden: true }));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  });

  it('says what it did not find, and what it could not ask for', async () => {
    server.use(http.get('*/api/v1/datasets', () => HttpResponse.error()));
    const { user } = open('/');
    const [button] = await screen.findAllByRole('button', { name: 'Find' });
    await user.click(button!);
    const dialog = await screen.findByRole('dialog', { name: 'Find' });
    await user.type(within(dialog).getByRole('combobox'), 'qqq');
    expect(await within(dialog).findByText('Nothing is called “qqq”.')).toBeVisible();
    expect(within(dialog).queryByRole('listbox')).toBeNull();
    expect(await within(dialog).findByText(/could not be asked for/)).toBeVisible();
  });

  it('changes the theme and shows the shortcuts', async () => {
    const { user } = open('/datasets');
    const find = async (text: string) => {
      const [button] = await screen.findAllByRole('button', { name: 'Find' });
      await user.click(button!);
      await user.type(await screen.findByRole('combobox', { name: /^Find/ }), text);
      await user.keyboard('{Enter}');
    };
    await find('dark theme');
    await waitFor(() => expect(document.documentElement).toHaveAttribute('data-theme', 'dark'));
    await find('light theme');
    await waitFor(() => expect(document.documentElement).toHaveAttribute('data-theme', 'light'));
    await find('shortcuts');
    expect(await screen.findByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
  });
});
