// Statements of the mocked server: rows for what is fine, refusals in the words of the real one.
import { delay, http, HttpResponse } from 'msw';
import type { SqlQuery } from '@/api/types';
import { explanation } from './dashboard-fixtures';
import { answer } from './fake-engine';
import { previewResult, problem } from './fixtures';
import { verified } from './trust-fixtures';

/** What was asked, the latest last. */
export const statements: SqlQuery[] = [];
/** What was explained, the latest last. */
export const explained: SqlQuery[] = [];
/** What was verified, the latest last. */
export const verifications: SqlQuery[] = [];

const refuse = (status: number, code: 'invalid' | 'not_found', field: string, detail: string) =>
  HttpResponse.json(
    {
      ...problem(status, code, 'The request is not valid', detail),
      errors: [{ field, detail }],
    },
    { status, headers: { 'x-request-id': 'req-5a1e' } },
  );

/** What cannot be asked cannot be explained. */
function refusalOf({ sql, asOf }: SqlQuery) {
  if (sql.includes('nope')) return refuse(404, 'not_found', 'sql', 'there is no dataset nope');
  if (/,\s*from/.test(sql)) {
    const words = 'SQL: Expected an expression, found: from at Line: 1, Column: 22';
    return refuse(400, 'invalid', 'sql', words);
  }
  if (asOf === 99)
    return refuse(400, 'invalid', 'asOf', 'dataset flights: version 99: there is none yet');
  return null;
}

export const sqlHandlers = [
  http.post('*/api/v1/sql/explain', async ({ request }) => {
    const statement = (await request.json()) as SqlQuery;
    explained.push(statement);
    if (statement.sql.includes('sleep')) await delay('infinite');
    return refusalOf(statement) ?? HttpResponse.json(explanation);
  }),
  http.post('*/api/v1/sql/verify', async ({ request }) => {
    const statement = (await request.json()) as SqlQuery;
    verifications.push(statement);
    return refusalOf(statement) ?? HttpResponse.json(verified);
  }),
  http.post('*/api/v1/sql', async ({ request }) => {
    const statement = (await request.json()) as SqlQuery;
    statements.push(statement);
    const { sql } = statement;
    if (sql.includes('sleep')) await delay('infinite');
    const refusal = refusalOf(statement);
    if (refusal) return refusal;
    if (sql.startsWith('select *')) return HttpResponse.json(previewResult(5));
    return HttpResponse.json(
      answer({ measures: ['flights.count'], dimensions: ['flights.carrier'] }),
      { headers: { 'x-request-id': 'req-5a1e' } },
    );
  }),
];
