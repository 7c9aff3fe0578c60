// The place that a bucket has in its range, counted in its own width on the wall clock: the one that the range begins in is the
// first, whether it has rows or not. Buckets of two periods belong together by it. Pure.
import type { Provenance, ResultColumn } from '@/api/types';
import { GRAIN_MS, toWall, unitsOf } from './zoned-time';

const { day: DAY, hour: HOUR } = GRAIN_MS;

const months = { month: 1, quarter: 3, year: 12 };

/** The month in which a day lies, where months begin with such a day of it. */
const monthOf = (day: number, first: number): number => {
  const date = new Date(day * DAY);
  const month = date.getUTCFullYear() * 12 + date.getUTCMonth();
  return date.getUTCDate() < first ? month - 1 : month;
};

/**
 * How many buckets begin after one time and up to the beginning of another one. What lies between two beginnings is whole, so that
 * nobody has to know with which weekday weeks begin, or with which month years.
 */
const begun = (from: number, start: number, width: number): number =>
  Math.floor((start - from + width - 1) / width);

/**
 * Places of buckets by where they begin, as their column and the provenance of its answer say. Hours that a clock has twice share
 * a place, and one that it skips has none: what happens at two o'clock is compared with two o'clock.
 */
export function bucketPlaces(
  starts: readonly number[],
  { grain, interval }: Pick<ResultColumn, 'grain' | 'interval'>,
  { time_range: range, calendar }: Pick<Provenance, 'time_range' | 'calendar'>,
  zone: string,
): Map<number, number> {
  const known = starts.filter((start) => !Number.isNaN(start));
  const places = new Map<number, number>();
  if (!grain || known.length === 0) return places;
  const from = range ? Date.parse(range.from) : known.reduce((a, b) => Math.min(a, b));
  const units = unitsOf(interval);
  const dayOf = (at: number): number =>
    Math.floor((toWall(at, zone) - (calendar?.dayStart ?? 0) * HOUR) / DAY);

  let placeOf: (start: number) => number;
  if (grain === 'second' || grain === 'minute' || grain === 'hour') {
    // Counted from midnight, or from a time of day.
    const [, time] = /T(\d{2}:\d{2}(?::\d{2})?)/.exec(interval ?? '') ?? [];
    const phase = time === undefined ? 0 : Date.parse(`1970-01-01T${time}Z`);
    const indexOf = (at: number): number =>
      Math.floor((toWall(at, zone) - phase) / (units * GRAIN_MS[grain]));
    placeOf = (start) => indexOf(start) - indexOf(from);
  } else if (grain === 'day' || grain === 'week') {
    const days = units * (grain === 'week' ? 7 : 1);
    placeOf = (start) => begun(dayOf(from), dayOf(start), days);
  } else {
    const wide = units * months[grain];
    placeOf = (start) => {
      const day = dayOf(start);
      const first = new Date(day * DAY).getUTCDate();
      return begun(monthOf(dayOf(from), first), monthOf(day, first), wide);
    };
  }
  for (const start of known) places.set(start, placeOf(start));
  return places;
}
