// Rows that are taken along as a file: where there are more than a file has, the button says so.
import { screen, waitFor } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { expect, it } from 'vitest';
import type { SemanticQuery } from '@/api/types';
import { answer } from '@/testing/fake-engine';
import { renderApp } from '@/testing/render-app';
import { server } from '@/testing/server';
import { RowsDialog } from './rows-dialog';

it.each([
  [50_000, 'Download CSV'],
  [50_001, 'Download CSV of the first 50,000'],
])('of %d rows: %s', async (rows, name) => {
  const query: SemanticQuery = { measures: ['flights.count'], limit: 200, offset: rows };
  const found = answer(query);
  const provenance = { ...found.provenance, total_rows: rows, truncated: true };
  server.use(http.post('*/api/v1/queries', () => HttpResponse.json({ ...found, provenance })));
  renderApp(<RowsDialog title="UA" query={query} zone="UTC" onClose={() => undefined} />);
  await waitFor(() => expect(screen.getByRole('button', { name })).toBeEnabled());
});
