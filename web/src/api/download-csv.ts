// Downloads the whole answer of a query as CSV, written by the server; with what all other values make together, which it tells
// in JSON only, written here.
import { normalizeQuery } from '@/api/query-key';
import { problemFromBody, problemOf } from '@/api/problem';
import { apiBase, withFreshToken } from '@/api/reauth';
import type { Problem, QueryResult, SemanticQuery } from '@/api/types';
import { viewAsHeader } from '@/api/view-as';
import { saveFile } from '@/lib/save-file';

export const fileName = (title: string): string =>
  `${
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, '-')
      .replace(/^-+|-+$/g, '') || 'data'
  }.csv`;

// Totals have no place in a file of rows.
const rowsOnly = (query: SemanticQuery): SemanticQuery => {
  const rows = normalizeQuery(query);
  delete rows.totals;
  return rows;
};

async function written(response: Response): Promise<Blob> {
  const [{ csvWithOthers }, result] = await Promise.all([
    import('./csv-with-others'),
    response.json() as Promise<QueryResult>,
  ]);
  return new Blob([csvWithOthers(result)], { type: 'text/csv;charset=utf-8' });
}

/** null when the file was handed to the browser. */
export async function downloadCsv(query: SemanticQuery, title: string): Promise<Problem | null> {
  const asJson = query.top?.others === true;
  try {
    const response = await withFreshToken(
      (token) =>
        fetch(`${window.location.origin}${apiBase}/queries`, {
          method: 'POST',
          credentials: 'same-origin',
          headers: {
            accept: asJson ? 'application/json' : 'text/csv',
            'content-type': 'application/json',
            ...(token === null ? {} : { authorization: `Bearer ${token}` }),
            ...viewAsHeader(),
          },
          body: JSON.stringify(rowsOnly(query)),
        }),
      (answer) => answer.status === 401,
    );
    if (!response.ok) {
      const body: unknown = await response.json().catch(() => null);
      return problemFromBody(response.status, body, response.headers.get('x-request-id'));
    }
    const file = asJson ? await written(response) : await response.blob();
    saveFile(file, fileName(title));
    return null;
  } catch {
    return problemOf('network', 'Check the connection, then try again.');
  }
}
