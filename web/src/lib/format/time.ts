// Instants and dates, always in a stated zone: never the browser's by accident.
import type { Calendar, Grain } from '@/api/types';
import { toWall } from '@/lib/zoned-time';
import { firstMonth, formatCalendar, quarterName, yearName } from './calendar';
import { localeTag } from './locale';
import { missingText } from './number';

type Options = Intl.DateTimeFormatOptions;

const cache = new Map<string, Intl.DateTimeFormat>();

function formatter(zone: string, options: Options): Intl.DateTimeFormat {
  const key = `${localeTag()}|${zone}|${JSON.stringify(options)}`;
  let found = cache.get(key);
  if (found === undefined) {
    found = new Intl.DateTimeFormat(localeTag(), { timeZone: zone, hourCycle: 'h23', ...options });
    cache.set(key, found);
  }
  return found;
}

const day: Options = { day: 'numeric', month: 'short', year: 'numeric' };
const minute: Options = { ...day, hour: '2-digit', minute: '2-digit' };
const byGrain: Record<Grain, Options> = {
  second: { ...minute, second: '2-digit' },
  minute,
  hour: minute,
  day,
  week: day,
  month: { month: 'short', year: 'numeric' },
  quarter: { month: 'short', year: 'numeric' },
  year: { year: 'numeric' },
};

export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

export function localZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
}

// An instant (RFC 3339) at the precision of a grain; 'day' shows no clock time. Years and quarters are those of the
// calendar: of the organisation, where none is said.
export function formatInstant(
  value: string | number | null | undefined,
  zone: string,
  grain: Grain = 'minute',
  calendar: Calendar | null = null,
): string {
  if (value === null || value === undefined) return missingText;
  const instant = new Date(value);
  if (Number.isNaN(instant.getTime())) return String(value);
  if (grain !== 'quarter' && grain !== 'year')
    return formatter(zone, byGrain[grain]).format(instant);
  const wall = new Date(toWall(instant.getTime(), zone));
  const years = calendar ?? formatCalendar();
  if (grain === 'quarter') return quarterName(wall, years);
  return firstMonth(years) === 0
    ? formatter(zone, byGrain.year).format(instant)
    : yearName(wall, years);
}

// With the weekday and, where a clock time is shown, the zone: for tooltips.
export function formatInstantLong(
  value: string | number,
  zone: string,
  grain: Grain = 'minute',
  calendar: Calendar | null = null,
): string {
  if (grain === 'quarter' || grain === 'year') return formatInstant(value, zone, grain, calendar);
  const withWeekday = grain === 'month' ? {} : { weekday: 'short' as const };
  const withZone = ['second', 'minute', 'hour'].includes(grain)
    ? { timeZoneName: 'short' as const }
    : {};
  const instant = new Date(value);
  if (Number.isNaN(instant.getTime())) return String(value);
  const text = formatter(zone, { ...byGrain[grain], ...withWeekday, ...withZone }).format(instant);
  return grain === 'week' ? `Week from ${text}` : text;
}

// A calendar date ('2013-01-31') belongs to no zone.
export function formatDate(value: string | null | undefined): string {
  if (value === null || value === undefined) return missingText;
  const instant = new Date(`${value.slice(0, 10)}T00:00:00Z`);
  return Number.isNaN(instant.getTime()) ? value : formatter('UTC', day).format(instant);
}

// Both ends, without repeating what they share: '1 Jan - 31 Dec 2013'.
export function formatRange(from: string | null, to: string | null, zone: string): string {
  if (from === null || to === null) return missingText;
  const [start, end] = [new Date(from), new Date(to)];
  if (Number.isNaN(start.getTime()) || Number.isNaN(end.getTime())) return `${from} \u2013 ${to}`;
  return formatter(zone, day).formatRange(start, end);
}

const ages: [number, Intl.RelativeTimeFormatUnit][] = [
  [86_400 * 365, 'year'],
  [86_400 * 30, 'month'],
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
];

// '3 minutes ago'; under five seconds 'just now'.
export function formatAge(
  value: string | number | null | undefined,
  now: number = Date.now(),
): string {
  if (value === null || value === undefined) return missingText;
  const seconds = (now - new Date(value).getTime()) / 1000;
  if (Number.isNaN(seconds)) return missingText;
  if (Math.abs(seconds) < 5) return 'just now';
  const words = new Intl.RelativeTimeFormat(localeTag(), { numeric: 'auto', style: 'short' });
  const found = ages.find(([size]) => Math.abs(seconds) >= size);
  return found
    ? words.format(-Math.trunc(seconds / found[0]), found[1])
    : words.format(-Math.trunc(seconds), 'second');
}

// How long something took: '850 ms', '12.3 s', '3 min 20 s'.
export function formatElapsed(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}\u00a0ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)}\u00a0s`;
  const seconds = Math.round(ms / 1000);
  const rest = seconds % 60;
  return `${Math.floor(seconds / 60)}\u00a0min${rest ? ` ${rest}\u00a0s` : ''}`;
}
