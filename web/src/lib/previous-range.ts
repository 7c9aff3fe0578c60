// The period before a range: as many months earlier where it is made of whole ones, as many days earlier where it is made of
// whole days, else as much time. What is still to come of the range is cut off before it. Pure.
import type { DateRange } from '@/api/types';
import { fromWall, GRAIN_MS, toWall } from './zoned-time';

const { day: DAY, hour: HOUR } = GRAIN_MS;

/** How far earlier; one of them counts. */
type Step = { months: number } | { days: number } | { ms: number };

export interface RangeToShift {
  from: string;
  /** The first instant after it. */
  to: string;
  /** As it was asked for: `last 30 days` are days also where they happen to be a month. */
  said?: DateRange | null | undefined;
  /** The hour with which days begin. */
  dayStart?: number | undefined;
  /** How far its data go where they end within it: of the period before, as much is asked. */
  until?: string | null;
}

/** From short to long, as they stand in `now-7d/d`. */
const letters = 'smhdwMQy';
const units = ['second', 'minute', 'hour', 'day', 'week', 'month', 'quarter', 'year'];

function stepOf(count: number, place: number): Step {
  if (place >= 5) return { months: count * ([1, 3, 12][place - 5] ?? 1) };
  if (place >= 3) return { days: count * (place === 4 ? 7 : 1) };
  return { ms: count * ([1_000, 60_000, HOUR][place] ?? HOUR) };
}

/** What the text of a range that ends now says of its length: it need not begin or end with a unit. */
function saidStep(text: string): Step | null {
  const [, back, word = ''] = /^from (\d+) ([a-z]+?)s? ago to now$/i.exec(text) ?? [];
  if (back !== undefined && units.includes(word.toLowerCase()))
    return stepOf(Number(back), units.indexOf(word.toLowerCase()));
  const anchored = /^now(?:-(\d+)([smhdwMQy]))?(?:\/([smhdwMQy]))? to now(?:\/([smhdwMQy]))?$/.exec(
    text,
  );
  if (anchored === null) return null;
  const [, count, unit, whole, last] = anchored;
  if (whole === undefined)
    return unit === undefined || last !== undefined
      ? null
      : stepOf(Number(count), letters.indexOf(unit));
  const place = letters.indexOf(whole);
  // Whole units and what has passed of this one: `now/M to now` is this month so far, and was the last one as far.
  const fits = (unit ?? whole) === whole && letters.indexOf(last ?? 's') <= place;
  return fits ? stepOf(Number(count ?? 0) + 1, place) : null;
}

const isRelative = (text: string): boolean =>
  /\b(now|last|this|from|today|yesterday)\b/i.test(text);
const saysMonths = (text: string): boolean => /month|quarter|year|[\d/][MQy]\b/.test(text);

/**
 * First and last of the period before, both included: days where both are whole, else instants. null: nothing is known of the
 * range yet, so that there is nothing to compare.
 */
export function previousRange(range: RangeToShift, zone: string): [string, string] | null {
  const { said, dayStart = 0, until = null } = range;
  const [start, end] = [Date.parse(range.from), Date.parse(range.to)];
  const known = until === null ? end : Math.min(end, Date.parse(until));
  if (known <= start) return null;
  // Counted from where days begin, so that whole days are multiples, also where a clock skips their beginning.
  const wallOf = (at: number): number => toWall(at, zone) - dayStart * HOUR;
  const dayOf = (at: number): number => Math.floor(wallOf(at) / DAY);
  const wall = (at: number): number => (dayOf(at - 1) === dayOf(at) ? wallOf(at) : dayOf(at) * DAY);
  const isWhole = (at: number): boolean => wall(at) % DAY === 0;

  const text = [said ?? '']
    .flat()
    .join(' to ')
    .replace(/ of data$/, '')
    .trim();
  const step = saidStep(text) ?? lengthOf(wall(start), wall(end), text, end - start);
  if ('ms' in step) {
    const [from, to] = [start - step.ms, Math.min(known - step.ms, start)];
    return [new Date(from).toISOString(), new Date(to - 1).toISOString()];
  }
  const from = earlier(wall(start), step);
  const to = Math.min(earlier(wall(known), step), wall(start));
  if (isWhole(start) && to % DAY === 0) {
    const date = (at: number): string => new Date(at).toISOString().slice(0, 10);
    return [date(from), date(to - DAY)];
  }
  const instant = (at: number): number => fromWall(at + dayStart * HOUR, zone);
  return [
    new Date(instant(from)).toISOString(),
    new Date(Math.min(instant(to), start) - 1).toISOString(),
  ];
}

/** Of a range by its ends: whole months, whole days, or time that passes. */
function lengthOf(from: number, to: number, text: string, ms: number): Step {
  if (from % DAY !== 0 || to % DAY !== 0) return { ms };
  const [first, after] = [new Date(from), new Date(to)];
  if (
    first.getUTCDate() === 1 &&
    after.getUTCDate() === 1 &&
    !(isRelative(text) && !saysMonths(text))
  )
    return {
      months:
        (after.getUTCFullYear() - first.getUTCFullYear()) * 12 +
        after.getUTCMonth() -
        first.getUTCMonth(),
    };
  return { days: Math.max(1, Math.round((to - from) / DAY)) };
}

function earlier(wall: number, step: Exclude<Step, { ms: number }>): number {
  if ('days' in step) return wall - step.days * DAY;
  const date = new Date(wall);
  const day = date.getUTCDate();
  date.setUTCMonth(date.getUTCMonth() - step.months);
  if (date.getUTCDate() === day) return date.getTime();
  // The 31st of a month that has 30 days comes after all of it.
  date.setUTCHours(0, 0, 0, 0);
  return date.setUTCDate(1);
}
