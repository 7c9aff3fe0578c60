// What is said of a column's values: how one is written, and the facts that every profile has. Pure.
import type { Cell, ColumnType } from '@/api/types';
import { formatCell, formatNumber } from '@/lib/format';

export type Fact = readonly [label: string, value: string];

/** As the column's values are, except that whole numbers have a mean that is none. */
export function meanText(mean: number, format: string | null): string {
  if (format === null || !/^integer$|^[^a-z]*d$|\.0~?f$/.test(format))
    return formatNumber(mean, format);
  // Years have no separators, and no mean of small numbers needs any.
  const bare = format !== 'integer' && !format.includes(',') && Math.abs(mean) >= 1_000;
  return formatNumber(mean, bare ? '.2~f' : 'number');
}

/** Writes the values of a column. */
export const valueText =
  (type: ColumnType, format: string | null) =>
  (value: Cell): string =>
    formatCell(value, { type, format, grain: type === 'timestamp' ? 'minute' : null });

/** A tenth of a percent: what is less would be rounded to none. */
const leastShare = 0.001;

/** `8,255 (2.5%)`; what is there is never told as a share of nothing. */
export function missingWords(nulls: number, rows: number): string {
  if (nulls === 0) return 'None';
  const share = rows === 0 ? 0 : nulls / rows;
  const few = share > 0 && share < leastShare;
  const told = formatNumber(few ? leastShare : share, 'percent', 'compact');
  return `${formatNumber(nulls, 'integer')} (${few ? 'under ' : ''}${told})`;
}

export interface Profiled {
  type: ColumnType;
  nulls: number;
  min: Cell;
  max: Cell;
  mean: number | null;
}

/** `distinct` in words; null where nothing but the missing values is known. */
export function factsOf(
  { type, nulls, min, max, mean }: Profiled,
  { rows, format, distinct }: { rows: number; format: string | null; distinct: string | null },
): Fact[] {
  const text = valueText(type, format);
  return [
    ['Missing', missingWords(nulls, rows)],
    ...(distinct === null
      ? []
      : ([
          ['Distinct', distinct],
          ['Smallest', text(min)],
          ['Largest', text(max)],
        ] satisfies Fact[])),
    ...(mean === null ? [] : ([['Mean', meanText(mean, format)]] satisfies Fact[])),
  ];
}
