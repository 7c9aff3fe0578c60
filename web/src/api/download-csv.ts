// Downloads the whole answer of a query or a statement as CSV, written by the server.
import { normalizeQuery } from '@/api/query-key';
import { problemFromBody, problemOf } from '@/api/problem';
import { apiBase, withFreshToken } from '@/api/reauth';
import type { Problem, SemanticQuery, SqlQuery } from '@/api/types';
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

/** null when the file was handed to the browser. */
export const downloadCsv = (query: SemanticQuery, title: string): Promise<Problem | null> =>
  download('/queries', rowsOnly(query), title);

/** The same for the rows of a statement. */
export const downloadSqlCsv = (statement: SqlQuery, title: string): Promise<Problem | null> =>
  download('/sql', statement, title);

async function download(route: string, asked: object, title: string): Promise<Problem | null> {
  try {
    const response = await withFreshToken(
      (token) =>
        fetch(`${window.location.origin}${apiBase}${route}`, {
          method: 'POST',
          credentials: 'same-origin',
          headers: {
            accept: 'text/csv',
            'content-type': 'application/json',
            ...(token === null ? {} : { authorization: `Bearer ${token}` }),
            ...viewAsHeader(),
          },
          body: JSON.stringify(asked),
        }),
      (answer) => answer.status === 401,
    );
    if (!response.ok) {
      const body: unknown = await response.json().catch(() => null);
      return problemFromBody(response.status, body, response.headers.get('x-request-id'));
    }
    saveFile(await response.blob(), fileName(title));
    return null;
  } catch {
    return problemOf('network', 'Check the connection, then try again.');
  }
}
