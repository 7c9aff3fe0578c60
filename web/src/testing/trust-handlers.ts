// Lineage and verification of the mocked server.
import { http, HttpResponse } from 'msw';
import type { SemanticQuery } from '@/api/types';
import { lineage, statementLineage, verified } from './trust-fixtures';

/** What was asked to be traced, the latest last. */
export const traced: SemanticQuery[] = [];

export const trustHandlers = [
  http.post('*/api/v1/queries/lineage', async ({ request }) => {
    traced.push((await request.json()) as SemanticQuery);
    return HttpResponse.json(lineage);
  }),
  http.post('*/api/v1/sql/lineage', () => HttpResponse.json(statementLineage)),
  http.post('*/api/v1/queries/verify', () => HttpResponse.json(verified)),
];
