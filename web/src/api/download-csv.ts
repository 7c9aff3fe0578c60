// Downloads the whole answer of a query or a statement as CSV, written by the server.
import { downloadFile } from '@/api/download-file';
import { normalizeQuery } from '@/api/query-key';
import type { Problem, SemanticQuery, SqlQuery } from '@/api/types';

export const fileName = (title: string, ending = 'csv'): string =>
  `${
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, '-')
      .replace(/^-+|-+$/g, '') || 'data'
  }.${ending}`;

// Totals have no place in a file of rows.
const rowsOnly = (query: SemanticQuery): SemanticQuery => {
  const rows = normalizeQuery(query);
  delete rows.totals;
  return rows;
};

const download = (route: string, asked: object, title: string): Promise<Problem | null> =>
  downloadFile(route, fileName(title), { accept: 'text/csv', body: asked });

/** null when the file was handed to the browser. */
export const downloadCsv = (query: SemanticQuery, title: string): Promise<Problem | null> =>
  download('/queries', rowsOnly(query), title);

/** The same for the rows of a statement. */
export const downloadSqlCsv = (statement: SqlQuery, title: string): Promise<Problem | null> =>
  download('/sql', statement, title);
