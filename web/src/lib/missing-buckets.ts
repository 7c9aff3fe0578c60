// Buckets of time without rows: what is shown in them, and whether filling them would make more rows than anybody reads. Pure.
import type { DateRange, Fill, Grain, QueryResult, SemanticQuery } from '@/api/types';
import { GRAIN_MS } from './zoned-time';

export const fillChoices: readonly { fill: Fill; label: string }[] = [
  { fill: 'null', label: 'Gap' },
  { fill: 'zero', label: 'Zero' },
  { fill: 'previous', label: 'Last value' },
];

/** A longer answer is cut, or refused. */
const MOST_FILLED = 10_000;

const lengthOf = (range: DateRange): number | null => {
  if (Array.isArray(range)) {
    const [from = '', to = from] = range;
    const length = Date.parse(to) - Date.parse(from) + GRAIN_MS.day;
    return Number.isNaN(length) ? null : length;
  }
  if (/^(today|yesterday|\d{4}-\d{2}-\d{2})/.test(range)) return GRAIN_MS.day;
  const [, count = '1', business, unit] =
    /^(?:last|this|from)\s+(?:(\d+)\s+)?(business )?(second|minute|hour|day|week|month|quarter|year)/.exec(
      range,
    ) ?? [];
  // Days off lie between business days; seldom as many.
  return unit === undefined ? null : Number(count) * (business ? 2 : 1) * GRAIN_MS[unit as Grain];
};

/** Of `day` or `15 minutes`; nothing of a name that a model gives to a width. */
export const widthOf = (granularity: string): number | null => {
  const [, count = '1', unit] =
    /^(?:(\d+) )?(second|minute|hour|day|week|month|quarter|year)s?\b/.exec(granularity) ?? [];
  return unit === undefined ? null : Number(count) * GRAIN_MS[unit as Grain];
};

/**
 * Whether every bucket of a range can be there for so many groups. Of a range whose length nobody knows beforehand only long
 * buckets are few.
 */
export function canFill(
  range: DateRange | null | undefined,
  granularity: string,
  groups: number,
): boolean {
  const width = widthOf(granularity);
  if (width === null) return false;
  const length = range == null ? null : lengthOf(range);
  if (length === null) return width >= GRAIN_MS.week || (width === GRAIN_MS.day && groups === 1);
  return (length / width + 1) * groups <= MOST_FILLED;
}

/** Whether an answer with filled buckets has nothing else: there are no rows behind it. */
export const hasOnlyGaps = (
  { columns, data }: Pick<QueryResult, 'columns' | 'data'>,
  query: SemanticQuery,
): boolean =>
  (query.timeDimensions ?? []).some(({ fill }) => fill != null) &&
  columns.every(
    ({ role }, at) => role !== 'measure' || (data[at] ?? []).every((value) => value === null),
  );
