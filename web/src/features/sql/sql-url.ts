// What the page asks, in the address: a statement that is short enough, the state of the data, and how many rows.
import type { AsOf } from '@/api/types';
import { readAsOf, readLimit } from '@/lib/asked-state';

export interface SqlState {
  sql: string;
  asOf: AsOf | null;
  /** null: as many as the server gives by itself. */
  limit: number | null;
}

/** Longer ones do not survive every program that passes a link on. */
export const LONGEST_IN_ADDRESS = 1_500;
export const USUAL_ROWS = 1_000;

export interface ReadSql {
  /** null: there is no statement in the address. */
  sql: string | null;
  asOf: AsOf | null;
  limit: number | null;
  complaints: string[];
}

export function readSql(params: URLSearchParams): ReadSql {
  const complaints: string[] = [];
  const read = <T>(name: string, words: string, reader: (text: string) => T | null): T | null => {
    const text = params.get(name);
    if (text === null || text === '') return null;
    const value = reader(text);
    if (value === null) complaints.push(`“${text}” is not ${words}.`);
    return value;
  };
  return {
    sql: params.get('q'),
    asOf: read('asOf', 'a version or a time', readAsOf),
    limit: read('limit', 'a number of rows from 1 to 50,000', readLimit),
    complaints,
  };
}

export function writeSql({ sql, asOf, limit }: SqlState): URLSearchParams {
  const params = new URLSearchParams();
  if (sql.trim() !== '' && sql.length <= LONGEST_IN_ADDRESS) params.set('q', sql);
  if (asOf !== null) params.set('asOf', String(asOf));
  if (limit !== null) params.set('limit', String(limit));
  return params;
}
