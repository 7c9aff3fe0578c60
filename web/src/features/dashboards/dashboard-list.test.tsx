// The list of dashboards: found by typing where there are many, and duplicated from their menus.
import { screen, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { Route, Routes } from 'react-router';
import { beforeEach, expect, it } from 'vitest';
import type { DashboardSummary, NewDashboard } from '@/api/types';
import { flightsDashboard } from '@/testing/dashboard-fixtures';
import { dashboardHandlers, resetDashboards } from '@/testing/dashboard-handlers';
import { problem } from '@/testing/fixtures';
import { renderApp } from '@/testing/render-app';
import { server } from '@/testing/server';
import { DashboardList } from './dashboard-list';
import DashboardPage from './dashboard-page';

beforeEach(() => {
  resetDashboards();
  server.use(...dashboardHandlers);
});

const open = () =>
  renderApp(
    <Routes>
      <Route path="/" element={<DashboardList />} />
      <Route path="/dashboards/:id" element={<h1>Opened</h1>} />
    </Routes>,
  );
const list = () => screen.findByRole('list', { name: 'Dashboards' });

it('finds what is meant where there are many, and has no field for a few', async () => {
  const { unmount } = open();
  expect(within(await list()).getAllByRole('listitem')).toHaveLength(1);
  expect(screen.queryByRole('textbox')).toBeNull();
  unmount();

  const many = Array.from({ length: 9 }, (_, place): DashboardSummary => ({
    id: `d${place}`,
    title: `Report ${place}`,
    description: place === 4 ? 'What freight costs' : null,
    models: ['flights'],
    updated_at: '2026-11-22T18:42:00Z',
    updated_by: 'Ada Lind',
    version: 1,
    widgets: 2,
  }));
  server.use(http.get('*/api/v1/dashboards', () => HttpResponse.json({ items: many })));
  const { user } = open();
  const field = await screen.findByRole('textbox', { name: 'Find a dashboard' });
  await user.type(field, 'costs report');
  const items = within(await list()).getAllByRole('listitem');
  expect(items).toHaveLength(1);
  expect(items[0]).toHaveTextContent('Report 4');
  await user.type(field, ' x');
  expect(screen.getByText('No dashboard is called “costs report x”.')).toBeVisible();
});

it('duplicates one with all of its cards, and opens the copy', async () => {
  const made: NewDashboard[] = [];
  server.use(
    http.post('*/api/v1/dashboards', async ({ request }) => {
      made.push((await request.json()) as NewDashboard);
      return HttpResponse.json({ ...flightsDashboard, id: 'd2' }, { status: 201 });
    }),
  );
  const { user } = open();
  await user.click(
    await screen.findByRole('button', { name: `Menu of ${flightsDashboard.title}` }),
  );
  await user.click(await screen.findByRole('menuitem', { name: 'Duplicate' }));
  expect(await screen.findByRole('heading', { name: 'Opened' })).toBeVisible();
  expect(made).toEqual([
    {
      title: `${flightsDashboard.title} (copy)`,
      description: flightsDashboard.description,
      definition: flightsDashboard.definition,
    },
  ]);
});

it('calls the copy of a long title so that the server takes it', async () => {
  const titles: string[] = [];
  const title = '\u{1f4c8}'.repeat(200);
  server.use(
    http.get('*/api/v1/dashboards/:id', () => HttpResponse.json({ ...flightsDashboard, title })),
    http.post('*/api/v1/dashboards', async ({ request }) => {
      titles.push(((await request.json()) as NewDashboard).title);
      return HttpResponse.json({ ...flightsDashboard, id: 'd2' }, { status: 201 });
    }),
  );
  const { user } = open();
  await user.click(
    await screen.findByRole('button', { name: `Menu of ${flightsDashboard.title}` }),
  );
  await user.click(await screen.findByRole('menuitem', { name: 'Duplicate' }));
  expect(await screen.findByRole('heading', { name: 'Opened' })).toBeVisible();
  expect(titles).toEqual([`${'\u{1f4c8}'.repeat(193)} (copy)`]);
});

it('says why one was not duplicated', async () => {
  server.use(
    http.get('*/api/v1/dashboards/:id', () =>
      HttpResponse.json(problem(404, 'not_found', 'No such dashboard'), { status: 404 }),
    ),
  );
  const { user } = open();
  await user.click(
    await screen.findByRole('button', { name: `Menu of ${flightsDashboard.title}` }),
  );
  await user.click(await screen.findByRole('menuitem', { name: 'Duplicate' }));
  expect(await screen.findByText('No such dashboard')).toBeVisible();
});

it('is where a link to one leads that is gone', async () => {
  renderApp(
    <Routes>
      <Route path="/dashboards/:id" element={<DashboardPage />} />
    </Routes>,
    { path: '/dashboards/gone' },
  );
  expect(
    await screen.findByRole('heading', { level: 1, name: 'Dashboard not found' }),
  ).toBeVisible();
  expect(screen.getByRole('link', { name: 'Go to dashboards' })).toHaveAttribute('href', '/');
  expect(screen.queryByRole('button', { name: 'Try again' })).toBeNull();
});
