// What the answer to a statement is made of, as it is told: models and views in it, what is read, and to whom nothing of that is.
import { screen, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { expect, it } from 'vitest';
import type { SqlQuery, StatementLineage } from '@/api/types';
import { problem } from '@/testing/fixtures';
import { renderApp } from '@/testing/render-app';
import { server } from '@/testing/server';
import { lineage, statementLineage } from '@/testing/trust-fixtures';
import { StatementLineageSection } from './statement-lineage';

const asked: SqlQuery = { sql: 'select carrier, measure(on_time) from flights group by 1' };

const open = (told: Partial<StatementLineage> = {}) => {
  const sent: unknown[] = [];
  server.use(
    http.post('*/api/v1/sql/lineage', async ({ request }) => {
      sent.push(await request.json());
      return HttpResponse.json({ ...statementLineage, ...told });
    }),
  );
  renderApp(<StatementLineageSection query={asked} />);
  return sent;
};

it('is asked of the statement, and says what measures mean, what is read and who brought it', async () => {
  const sent = open();
  expect(await screen.findByText('Early flights divided by Flights')).toBeVisible();
  expect(sent).toEqual([asked]);
  expect(screen.getByText('distance > 1000')).toBeVisible();
  expect(screen.getByRole('link', { name: /^model / })).toHaveAttribute('href', '/models/flights');
  expect(screen.getByText(/may hold rows that count/)).toBeVisible();
});

it('says of a plain statement what it reads, and nothing of models', async () => {
  open({ measures: [], dimensions: [], reads: [{ dataset: 'flights', conditions: [] }] });
  expect(await screen.findByText('What is read')).toBeVisible();
  expect(screen.getByText(': all rows')).toBeVisible();
  expect(screen.queryByText('What it means')).toBeNull();
});

it('tells each SELECT over a view with its own conditions', async () => {
  const view = { name: 'sales', version: 3, members: {} };
  const question = { ...lineage, view, datasets: [] };
  const other = { ...question, view: { ...view, name: 'routes' }, filters: [], time_ranges: [] };
  open({ measures: [], dimensions: [], questions: [question, other] });
  const group = await screen.findByRole('group', { name: 'Asked of sales' });
  expect(group).toHaveTextContent('version 3');
  expect(group).toHaveTextContent(/EWR or JFK or LGA/);
  const second = screen.getByRole('group', { name: 'Asked of routes' });
  expect(within(second).queryByText('Only where')).toBeNull();
});

it('says to who sees a part that there is more than is told', async () => {
  const [dataset] = statementLineage.datasets;
  if (!dataset) throw new Error('no dataset');
  open({ reads: [], datasets: [{ ...dataset, restricted: true, policies: [], commits: [] }] });
  expect(await screen.findByText(/You see a part of it/)).toBeVisible();
  expect(screen.queryByText('What is read')).toBeNull();
  expect(screen.queryByText(/may hold rows that count/)).toBeNull();
});

it('says where nothing is read, and where it could not be asked', async () => {
  open({ measures: [], dimensions: [], reads: [], datasets: [] });
  expect(await screen.findByText('It reads no dataset.')).toBeVisible();
  server.use(
    http.post('*/api/v1/sql/lineage', () =>
      HttpResponse.json(problem(400, 'invalid', 'Not valid'), { status: 400 }),
    ),
  );
  renderApp(<StatementLineageSection query={{ sql: 'select' }} />);
  expect(await screen.findByText('Not valid')).toBeVisible();
});
