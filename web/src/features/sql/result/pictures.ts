// What can be drawn of the rows of a statement, and how: over its first time as lines, else by its first text as bars, or by its
// first column where all are numbers. What would show some rows and hide others is not drawn. Pure.
import type { Cell, ColumnType, QueryResult, ResultColumn } from '@/api/types';

export interface Pictures {
  kind: 'line' | 'bar';
  /** One for each scale: the rows with what the columns are in the picture, and without what is not drawn in it. */
  results: QueryResult[];
}

/** More lines or bars beside each other than can be told apart. */
const MOST_MEASURES = 3;
/** Numbers that are as many times smaller as others are not seen beside them. */
const FAR_APART = 20;

const isTime = (type: ColumnType): boolean => type === 'timestamp' || type === 'date';
const isNumber = (type: ColumnType): boolean => type === 'integer' || type === 'float';
const isWord = (type: ColumnType): boolean => type === 'string' || type === 'boolean';

const keyOf = (row: number, columns: readonly (readonly Cell[])[]): string =>
  columns.map((values) => JSON.stringify(values[row] ?? null)).join('\n');

function isRepeated(rows: number, columns: readonly (readonly Cell[])[]): boolean {
  const seen = new Set<string>();
  for (let row = 0; row < rows; row += 1) seen.add(keyOf(row, columns));
  return seen.size < rows;
}

const greatest = (values: readonly Cell[]): number =>
  values.reduce<number>(
    (most, value) => (typeof value === 'number' ? Math.max(most, Math.abs(value)) : most),
    0,
  );

/** Those that can be read on one axis stand together. */
function byScale(places: readonly number[], data: readonly (readonly Cell[])[]): number[][] {
  const groups: { size: number; places: number[] }[] = [];
  for (const place of places) {
    const size = greatest(data[place] ?? []);
    const group = groups.find(
      (other) =>
        Math.max(size, other.size) <= FAR_APART * Math.min(size, other.size) || size === other.size,
    );
    if (group) group.places.push(place);
    else groups.push({ size, places: [place] });
  }
  return groups.map((group) => group.places);
}

/** Pictures, or why there are none. */
export function picturesOf(result: QueryResult): Pictures | string {
  const { columns, data, row_count: rows } = result;
  const at = (fits: (type: ColumnType) => boolean, not = -1): number =>
    columns.findIndex(({ type }, place) => place !== not && fits(type));
  const time = at(isTime);
  const axis = time >= 0 ? time : at(isWord) >= 0 ? at(isWord) : columns.length > 1 ? 0 : -1;
  if (axis < 0) return 'A picture needs a time, a text or a second column beside the numbers';
  const split = time >= 0 ? at(isWord) : at(isWord, axis);
  const numbers = columns.flatMap(({ type }, place) =>
    isNumber(type) && place !== axis ? [place] : [],
  );
  if (numbers.length === 0) return 'A picture needs a column of numbers';
  const by = [axis, ...(split >= 0 ? [split] : [])];
  const names = by.map((place) => columns[place]?.label).join(' and ');
  if (
    isRepeated(
      rows,
      by.map((place) => data[place] ?? []),
    )
  )
    return `Several rows have the same ${names}: group by it to draw them`;
  const measures = numbers.slice(0, split >= 0 ? 1 : MOST_MEASURES);
  const roleOf = (place: number): ResultColumn['role'] =>
    numbers.includes(place) ? 'measure' : place === time ? 'time' : 'dimension';
  return {
    kind: time >= 0 ? 'line' : 'bar',
    results: byScale(measures, data).map((group) => {
      const shown = [...by, ...group];
      return {
        ...result,
        columns: shown.flatMap((place) => {
          const column = columns[place];
          return column ? [{ ...column, role: roleOf(place) }] : [];
        }),
        data: shown.map((place) => data[place] ?? []),
      };
    }),
  };
}
