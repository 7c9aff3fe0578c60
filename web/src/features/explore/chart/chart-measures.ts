// Which measures share a picture: those that are written like the first. A count and an average on one axis make one of them
// invisible; the table has them all. Pure.
import type { QueryResult } from '@/api/types';

export interface Drawn {
  result: QueryResult;
  /** What is left to the table, in words. */
  note: string | null;
}

export function drawnMeasures(result: QueryResult): Drawn {
  const measures = result.columns.filter(({ role }) => role === 'measure');
  const [first] = measures;
  const left = measures.filter(({ format }) => format !== first?.format);
  if (left.length === 0) return { result, note: null };
  const kept = result.columns.map((column) => !left.includes(column));
  return {
    result: {
      ...result,
      columns: result.columns.filter((_, index) => kept[index]),
      data: result.data.filter((_, index) => kept[index]),
    },
    note: `${left.map(({ label }) => label).join(', ')}: in the table, because the scale is another`,
  };
}
