// Answers of which somebody sees only a part: every page says so quietly, and says why where nothing is left.
import { screen, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { Route, Routes } from 'react-router';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AppliedAccess, QueryResult, SemanticQuery, Session } from '@/api/types';
import { resultStore } from '@/api/result-store';
import { missingText } from '@/lib/format';
import { dashboardHandlers, resetDashboards } from '@/testing/dashboard-handlers';
import { answer } from '@/testing/fake-engine';
import { datasets, flights, flightsDetail, previewResult, session } from '@/testing/fixtures';
import { renderApp } from '@/testing/render-app';
import { server } from '@/testing/server';
import DashboardPage from '@/features/dashboards/dashboard-page';
import type { SqlEditorProps } from '@/features/sql/editor/sql-editor';
import { pages } from './page-chunks';

vi.mock('@/features/sql/editor/sql-editor', () => ({
  default: ({ value, onChange }: SqlEditorProps) => (
    <textarea
      aria-label="SQL statement"
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  ),
}));

const part: AppliedAccess = { dataset: 'flights', policies: ['own_airport'] };
const nothing: AppliedAccess = { ...part, no_rows: 'your attribute country is not set' };
const reason = 'Your attribute country is not set.';
const viewer: Session = { ...session, user: { ...session.user, role: 'viewer' } };

const seen = (result: QueryResult, use: AppliedAccess): QueryResult => ({
  ...result,
  ...(use.no_rows && result.row_count > 1
    ? { row_count: 0, data: result.columns.map(() => []) }
    : {}),
  provenance: { ...result.provenance, row_filter_applied: true, access: [use] },
});

function see(use: AppliedAccess): void {
  server.use(
    http.post('*/api/v1/queries', async ({ request }) =>
      HttpResponse.json(seen(answer((await request.json()) as SemanticQuery), use)),
    ),
    http.post('*/api/v1/sql', () => HttpResponse.json(seen(previewResult(5), use))),
    ...(use.no_rows
      ? [
          http.get('*/api/v1/models/flights/values', () =>
            HttpResponse.json({ values: [], more: false }),
          ),
        ]
      : []),
  );
}

const open = (path: string) =>
  renderApp(
    <Routes>
      <Route path="/dashboards/:id" element={<DashboardPage />} />
      <Route path="/explore" element={<pages.explore />} />
      <Route path="/sql" element={<pages.sql />} />
      <Route path="/datasets" element={<pages.datasets />} />
      <Route path="/datasets/:name" element={<pages.dataset />} />
    </Routes>,
    { path, session: viewer },
  );

beforeAll(async () => {
  await Promise.all([
    import('@/components/provenance/provenance-dialog'),
    import('@/features/explore/nothing-found'),
    import('@/features/explore/table/table-card'),
    pages.explore.preload(),
  ]);
});

beforeEach(() => {
  sessionStorage.clear();
  resultStore.clear();
  resetDashboards(['w1', 'w6']);
  server.use(...dashboardHandlers);
});

describe('a part of the rows', () => {
  beforeEach(() => see(part));

  it('is said by a card, and by what it says about itself', async () => {
    const { user } = open('/dashboards/d1');
    const card = await screen.findByRole('region', { name: 'Flights' });
    const words = 'Restricted by access policy own_airport';
    expect(await within(card).findByRole('button', { name: words })).toBeVisible();
    const bars = screen.getByRole('region', { name: 'Flights by carrier' });
    expect(await within(bars).findByText(words)).toBeVisible();
    await user.click(within(card).getByRole('button', { name: 'Menu of Flights' }));
    await user.click(await screen.findByRole('menuitem', { name: 'Where does this come from?' }));
    const dialog = await screen.findByRole('dialog');
    expect(dialog).toHaveTextContent('AccessRestricted by access policy own_airport');
  });

  it('is said under a table of explore', async () => {
    open('/explore?m=count&d=carrier&time=all');
    expect(
      await screen.findByText(/Restricted by access policy own_airport/, {}, { timeout: 20_000 }),
    ).toBeVisible();
  });

  it('has no size', async () => {
    server.use(
      http.get('*/api/v1/datasets', () =>
        HttpResponse.json({
          items: [{ ...flights, rows: 12, size_bytes: null, segments: null }, ...datasets.slice(1)],
        }),
      ),
    );
    open('/datasets');
    const list = await screen.findByRole('list', { name: 'Datasets' });
    const [first] = within(list).getAllByRole('listitem');
    expect(first).toHaveTextContent(`12${missingText}`);
    expect(first).not.toHaveTextContent('NaN');
  });

  it('is called that on the page of its dataset', async () => {
    server.use(
      http.get('*/api/v1/datasets/flights', () =>
        HttpResponse.json({ ...flightsDetail, rows: 12, size_bytes: null, segments: null }),
      ),
    );
    open('/datasets/flights');
    expect(await screen.findByText(/^12 rows that you may see · 8 columns · 1 Jan/)).toBeVisible();
  });
});

describe('none of the rows', () => {
  beforeEach(() => see(nothing));

  it('is said by every card instead of a number', async () => {
    open('/dashboards/d1');
    for (const name of ['Flights', 'Flights by carrier']) {
      const card = await screen.findByRole('region', { name });
      expect(await within(card).findByText(reason)).toBeVisible();
      expect(within(card).queryByTestId('widget-value')).toBeNull();
      // No filter is the reason.
      expect(within(card).queryByRole('button', { name: 'Jump to latest data' })).toBeNull();
    }
  });

  it.each([
    ['without groups', '/explore?m=count&time=all'],
    ['with groups', '/explore?m=count&d=carrier&time=all'],
  ])('is said by explore %s', async (_, path) => {
    open(path);
    expect(await screen.findByText(reason, {}, { timeout: 20_000 })).toBeVisible();
    expect(screen.queryByRole('grid')).toBeNull();
  });

  it('is said where values of a filter are chosen', async () => {
    const { user } = open('/dashboards/d1');
    await screen.findByRole('region', { name: 'Flights' });
    await user.click(await screen.findByRole('button', { name: 'Add filter' }));
    const values = await screen.findByRole('list', { name: 'Values' });
    expect(await within(values).findByText(reason)).toBeVisible();
  });

  it('is said under a statement', async () => {
    const { user } = open('/sql');
    await user.type(await screen.findByRole('textbox', { name: 'SQL statement' }), 'select *');
    await user.click(screen.getByRole('button', { name: 'Run' }));
    expect(await screen.findByText(reason)).toBeVisible();
  });

  it('is said by the rows of a dataset', async () => {
    server.use(
      http.get('*/api/v1/datasets/flights/preview', () =>
        HttpResponse.json(seen(previewResult(5), nothing)),
      ),
    );
    open('/datasets/flights?tab=preview');
    expect(await screen.findByText(reason)).toBeVisible();
  });
});
