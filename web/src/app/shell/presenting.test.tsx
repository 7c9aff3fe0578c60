// A dashboard that is presented stands alone, also by a link, and is left by Escape and by its button.
import { fireEvent, screen, waitFor } from '@testing-library/react';
import { http, HttpResponse, ws } from 'msw';
import { beforeAll, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { pages } from '@/app/page-chunks';
import { AppRoutes } from '@/app/router';
import { dashboardHandlers, resetDashboards } from '@/testing/dashboard-handlers';
import { problem } from '@/testing/fixtures';
import { renderApp } from '@/testing/render-app';
import { server } from '@/testing/server';

const live = ws.link(/^wss?:.*\/api\/v1\/live$/);

beforeAll(async () => {
  await Promise.all([pages.dashboard.preload(), pages.datasets.preload()]);
}, 60_000);

beforeEach(() => {
  resetDashboards(['w1']);
  server.use(
    live.addEventListener('connection', () => undefined),
    ...dashboardHandlers,
  );
});

const places = () => screen.queryAllByRole('navigation', { name: 'Main' });

it('is presented by a press, and left by Escape', async () => {
  const asked = vi.fn(() => Promise.reject(new Error('no')));
  document.documentElement.requestFullscreen = asked;
  const { user } = renderApp(<AppRoutes />, { path: '/dashboards/d1' });
  await user.click(await screen.findByRole('button', { name: 'Full screen' }));
  expect(asked).toHaveBeenCalledOnce();
  await waitFor(() => expect(places()).toEqual([]));
  expect(screen.getByRole('button', { name: 'Leave full screen' })).toHaveFocus();
  expect(screen.queryByRole('button', { name: 'Edit' })).toBeNull();
  expect(screen.getByRole('button', { name: 'Refresh' })).toBeVisible();
  fireEvent.keyDown(document.body, { key: 'Escape' });
  expect(await screen.findByRole('button', { name: 'Edit' })).toBeVisible();
  expect(places()).not.toEqual([]);
  await waitFor(() => expect(document.getElementById('main')).toHaveFocus());
});

it('stands alone by a link, and is left by its button and with the full screen of the browser', async () => {
  const { user, unmount } = renderApp(<AppRoutes />, { path: '/dashboards/d1?screen=full' });
  const leave = await screen.findByRole('button', { name: 'Leave full screen' });
  expect(places()).toEqual([]);
  await user.click(leave);
  await waitFor(() => expect(places()).not.toEqual([]));
  unmount();
  renderApp(<AppRoutes />, { path: '/dashboards/d1?screen=full' });
  await screen.findByRole('button', { name: 'Leave full screen' });
  fireEvent(document, new Event('fullscreenchange'));
  await waitFor(() => expect(places()).not.toEqual([]));
});

it('takes the full screen of the browser with it when another page is opened', async () => {
  const left = vi.fn(() => Promise.resolve());
  document.exitFullscreen = left;
  const screenOf = { configurable: true, value: document.documentElement };
  Object.defineProperty(document, 'fullscreenElement', screenOf);
  onTestFinished(() => void Reflect.deleteProperty(document, 'fullscreenElement'));
  const { unmount } = renderApp(<AppRoutes />, { path: '/dashboards/d1?screen=full' });
  await screen.findByRole('button', { name: 'Leave full screen' });
  expect(left).not.toHaveBeenCalled();
  unmount();
  expect(left).toHaveBeenCalledOnce();
});

it('is nothing that other pages can be', async () => {
  renderApp(<AppRoutes />, { path: '/datasets?screen=full' });
  await screen.findByRole('heading', { level: 1, name: 'Datasets' });
  expect(places()).not.toEqual([]);
});

it.each([
  ['cannot be asked for', 503, 'unavailable'],
  ['is gone', 404, 'not_found'],
] as const)('is left also when it %s', async (_, status, code) => {
  const refused = () => HttpResponse.json(problem(status, code, 'It does not come'), { status });
  server.use(http.get('*/api/v1/dashboards/:id', refused));
  const { user } = renderApp(<AppRoutes />, { path: '/dashboards/d1?screen=full' });
  expect(await screen.findByText(/It does not come|no such dashboard/)).toBeVisible();
  expect(places()).toEqual([]);
  await user.click(screen.getByRole('button', { name: 'Leave full screen' }));
  await waitFor(() => expect(places()).not.toEqual([]));
});
