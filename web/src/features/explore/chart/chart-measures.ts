// Which measures share a picture: those that are written alike. A count and an average on one axis make one of them invisible,
// so that each kind of number has a picture of its own, in the order in which they were chosen. Pure.
import type { QueryResult } from '@/api/types';

export interface Picture {
  /** Of its measures, for a title above it. */
  label: string;
  result: QueryResult;
}

export interface Drawn {
  pictures: Picture[];
  /** What is left to the table, in words. */
  note: string | null;
}

/** More below each other are no picture that one looks at. */
const MOST_PICTURES = 4;

type Column = QueryResult['columns'][number];

/** The answer with those of its measures, and with all that is none. */
function withMeasures(result: QueryResult, measures: readonly Column[]): QueryResult {
  const kept = result.columns.map(
    (column) => column.role !== 'measure' || measures.includes(column),
  );
  return {
    ...result,
    columns: result.columns.filter((_, index) => kept[index]),
    data: result.data.filter((_, index) => kept[index]),
  };
}

export function drawnMeasures(result: QueryResult): Drawn {
  const groups = new Map<string | null, Column[]>();
  for (const column of result.columns) {
    if (column.role !== 'measure') continue;
    const format = column.format ?? null;
    groups.set(format, [...(groups.get(format) ?? []), column]);
  }
  const all = [...groups.values()];
  const labels = (columns: readonly Column[]): string =>
    columns.map(({ label }) => label).join(', ');
  if (all.length <= 1) return { pictures: [{ label: labels(all[0] ?? []), result }], note: null };
  const left = all.slice(MOST_PICTURES).flat();
  return {
    pictures: all.slice(0, MOST_PICTURES).map((columns) => ({
      label: labels(columns),
      result: withMeasures(result, columns),
    })),
    note: left.length === 0 ? null : `${labels(left)}: in the table, because the scale is another`,
  };
}

/** The same measures of the period before. */
export function before(picture: Picture, earlier: QueryResult | null): QueryResult | null {
  if (earlier === null) return null;
  const names = new Set(picture.result.columns.map(({ name }) => name));
  return withMeasures(
    earlier,
    earlier.columns.filter(({ role, name }) => role === 'measure' && names.has(name)),
  );
}
