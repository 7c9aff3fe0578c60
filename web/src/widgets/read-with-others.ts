// Reading an answer together with what it tells of all other values, for pictures: their rows come last, and which rows they
// are is told beside the values.
import type { QueryResult } from '@/api/types';
import { withOthers } from '@/lib/others';
import { readColumns } from './result-columns';
import type { ReadColumn, ReadResult } from './result-columns';

export interface ReadWithOthers extends ReadResult {
  rowCount: number;
  /** Whether a row of this column stands for all other values. */
  isOther: (column: ReadColumn | undefined, row: number) => boolean;
}

export function readWithOthers(result: QueryResult): ReadWithOthers {
  const { data, rowCount, from, column } = withOthers(result);
  const read = readColumns({ ...result, data, row_count: rowCount });
  const member = result.columns[column]?.name;
  return {
    ...read,
    rowCount,
    isOther: (entry, row) =>
      entry !== undefined && member !== undefined && entry.column.name === member && row >= from,
  };
}
