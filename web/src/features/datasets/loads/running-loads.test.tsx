// The loads that run, above the datasets: for those who load, until they have ended.
import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { expect, it } from 'vitest';
import DatasetsPage from '@/app/pages/datasets-page';
import type { Load } from '@/api/types';
import { datasets, load, session } from '@/testing/fixtures';
import { renderApp } from '@/testing/render-app';
import { server } from '@/testing/server';

/** What runs by what `running` says; counts what is asked for. */
function serve(running: () => Load[]) {
  const asked = { loads: 0, datasets: 0 };
  server.use(
    http.get('*/api/v1/loads', ({ request }) => {
      asked.loads += 1;
      expect(new URL(request.url).search).toBe('?state=running');
      return HttpResponse.json({ items: running() });
    }),
    http.get('*/api/v1/datasets', () => {
      asked.datasets += 1;
      return HttpResponse.json({ items: datasets });
    }),
  );
  return asked;
}

it('lead to their pages, and the datasets are asked for again when one has ended', async () => {
  let running = [load({ rows: 84_194, rejected: 2 }), load({ id: 'ld2', dataset: 'weather' })];
  const asked = serve(() => running);
  renderApp(<DatasetsPage />, { path: '/datasets' });
  const list = await screen.findByRole('list', { name: 'Running loads' });
  const link = within(list).getByRole('link', { name: 'Loading into flights_2013' });
  expect(link).toHaveAttribute('href', '/datasets/upload?load=ld1');
  expect(link.closest('li')).toHaveTextContent(/84,194 rows, 2 rejected, 0 B of 31.* MB$/);
  await screen.findByRole('list', { name: 'Datasets' });
  expect(asked.datasets).toBe(1);

  running = running.slice(1);
  await waitFor(() => expect(link).not.toBeInTheDocument());
  expect(within(list).getByRole('link', { name: 'Loading into weather' })).toBeInTheDocument();
  await waitFor(() => expect(asked.datasets).toBe(2));
  running = [];
  await waitFor(() => expect(list).not.toBeInTheDocument());
});

it('are not asked for by who may not load', async () => {
  const asked = serve(() => [load()]);
  renderApp(<DatasetsPage />, {
    path: '/datasets',
    session: { ...session, user: { ...session.user, role: 'viewer' } },
  });
  await screen.findByRole('list', { name: 'Datasets' });
  expect(asked.loads).toBe(0);
  expect(screen.queryByRole('list', { name: 'Running loads' })).not.toBeInTheDocument();
});
