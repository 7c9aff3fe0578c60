// Widths of buckets of time as they are written (`2 weeks from 2024-01-02`, docs/models.md), and in words. Pure.
import type { Grain, NamedGranularity } from '@/api/types';

export interface Interval {
  count: number;
  unit: Grain;
}

const ofSixty = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30];
const upTo = (most: number): number[] => Array.from({ length: most }, (_, index) => index + 1);

/** How many of a unit can be had. */
const counts: Record<Grain, readonly number[]> = {
  second: ofSixty,
  minute: ofSixty,
  hour: [1, 2, 3, 4, 6, 8, 12],
  day: upTo(366),
  week: upTo(53),
  month: [1, 2, 3, 4, 6],
  quarter: [1],
  year: [1],
};

export const units = Object.keys(counts) as Grain[];

/** null: any number up to that can be had, which is no list to choose from. */
export const countsOf = (unit: Grain): readonly number[] | null =>
  unit === 'day' || unit === 'week' ? null : counts[unit];

export const mostOf = (unit: Grain): number => Math.max(...counts[unit]);

export function readInterval(text: string): Interval | null {
  const [, count = '1', name = ''] = /^\s*(?:(\d+)\s+)?([a-z]+?)s?\s*$/.exec(text) ?? [];
  const unit = units.find((entry) => entry === name);
  return unit ? { count: Number(count), unit } : null;
}

export const writeInterval = ({ count, unit }: Interval): string =>
  count === 1 ? unit : `${count} ${unit}s`;

/** The same unit, or as many of another one as can be had. */
export const asUnit = ({ count }: Interval, unit: Grain): Interval => ({
  count: counts[unit].includes(count) ? count : 1,
  unit,
});

/** "the full hour": where buckets begin without an origin. */
const begin: Record<Grain, (count: number) => string> = {
  second: () => 'the full minute',
  minute: () => 'the full hour',
  hour: () => 'midnight',
  day: (count) => (count === 1 ? 'the beginning of each day' : 'Monday, 3 January 2000'),
  week: (count) =>
    count === 1 ? 'the first day of each week' : 'the week of Monday, 3 January 2000',
  month: (count) => (count === 1 ? 'the first of each month' : 'the beginning of the year'),
  quarter: () => 'the beginning of the year',
  year: () => 'the beginning of the year',
};

const short: readonly Grain[] = ['second', 'minute', 'hour'];

/** "15 minutes, counted from the full hour." */
export function intervalWords({
  interval,
  origin,
}: Pick<NamedGranularity, 'interval' | 'origin'>): string {
  const [width = '', inside] = interval.split(' from ');
  const from = origin || inside;
  const read = readInterval(width);
  if (read === null) return 'It needs a width, such as 15 minutes or 2 weeks.';
  const wide = read.count === 1 ? `One ${read.unit}` : `${read.count} ${read.unit}s`;
  if (!from) return `${wide}, counted from ${begin[read.unit](read.count)}.`;
  const [, clock] = /[T ](\d\d:\d\d)/.exec(from) ?? [];
  if (short.includes(read.unit)) return `${wide}, counted from ${clock ?? '00:00'}.`;
  return `${wide}, counted from ${from}.`;
}

/** What an origin of such buckets looks like. */
export const originHint = (unit: Grain | undefined): string =>
  unit !== undefined && short.includes(unit)
    ? 'A day and a time: 2024-01-01T06:00'
    : 'A day: 2024-01-02';
