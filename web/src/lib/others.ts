// What all values make together that are not told apart, beside the rows of an answer. They are no rows of it: no value of
// the dimension stands for them, so that one that is called "Other" is never taken for them. Pure.
import type { Cell, QueryResult } from '@/api/types';

export const OTHER_LABEL = 'Other';

export interface WithOthers {
  /** The columns of the answer with the others after its rows; in the column of their dimension they have nothing. */
  data: Cell[][];
  rowCount: number;
  /** The first row that is of the others. */
  from: number;
  /** The column whose values they are; -1: there are none. */
  column: number;
}

/** Without anything else to group by there is one row, even of nothing. */
const isNothing = (data: readonly Cell[][], measures: readonly number[]): boolean =>
  measures.every((at) => (data[at]?.[0] ?? null) === null || data[at]?.[0] === 0);

export function withOthers(
  result: Pick<QueryResult, 'columns' | 'data' | 'row_count' | 'others'> & {
    provenance?: Pick<QueryResult['provenance'], 'truncated'>;
  },
): WithOthers {
  const { columns, data, row_count: from, others } = result;
  const none: WithOthers = { data, rowCount: from, from, column: -1 };
  // Beside rows of which a limit cut some they would stand for less than what is missing.
  if (!others || others.row_count === 0 || result.provenance?.truncated) return none;
  const placeOf = new Map(others.columns.map(({ name }, place) => [name, place]));
  const column = columns.findIndex(({ name, role }) => role !== 'measure' && !placeOf.has(name));
  if (column < 0) return none;
  const measures = others.columns.flatMap(({ role }, place) => (role === 'measure' ? [place] : []));
  if (measures.length === others.columns.length && isNothing(others.data, measures)) return none;
  const beside = columns.map(({ name }): Cell[] => {
    const place = placeOf.get(name);
    const values = place === undefined ? undefined : others.data[place];
    return values ?? new Array<Cell>(others.row_count).fill(null);
  });
  return {
    data: columns.map((_, at) => [...(data[at] ?? []), ...(beside[at] ?? [])]),
    rowCount: from + others.row_count,
    from,
    column,
  };
}
