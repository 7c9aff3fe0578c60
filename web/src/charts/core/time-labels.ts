// Words for instants: multi-scale tick labels, and the full date of tooltips and readings.
// A tick says only what changed since the coarser unit: "Nov", then "12 Nov", then "14:00".
import type { Calendar } from '@/api/types';
import { formatInstantLong, localeTag } from '@/lib/format';
import { firstMonth, formatCalendar, yearName } from '@/lib/format/calendar';
import type { Grain } from './spec';
import { isMidnight, toWall } from '@/lib/zoned-time';

const DAY = 86_400_000;
const two = (value: number): string => String(value).padStart(2, '0');

const months = new Map<string, string[]>();

function monthName(index: number): string {
  const tag = localeTag();
  let names = months.get(tag);
  if (!names) {
    const format = new Intl.DateTimeFormat(tag, { month: 'short', timeZone: 'UTC' });
    names = Array.from({ length: 12 }, (_, month) => format.format(Date.UTC(2013, month, 15)));
    months.set(tag, names);
  }
  return names[index] ?? '';
}

const dayMonths = new Map<string, Intl.DateTimeFormat>();

function dayMonth(date: Date): string {
  const tag = localeTag();
  let format = dayMonths.get(tag);
  if (!format) {
    format = new Intl.DateTimeFormat(tag, { day: 'numeric', month: 'short', timeZone: 'UTC' });
    dayMonths.set(tag, format);
  }
  return format.format(date);
}

/** Label of one tick at the coarsest unit that begins there; `step` is the distance of ticks. */
export function tickLabel(
  instant: number,
  zone: string,
  step: number,
  calendar: Calendar = formatCalendar(),
): string {
  const date = new Date(toWall(instant, zone));
  if (step >= 360 * DAY) return yearName(date, calendar);
  // Among quarters a year begins as the calendar has it; among months and days as ever.
  if (step >= 80 * DAY && date.getUTCMonth() === firstMonth(calendar))
    return yearName(date, calendar);
  if (step >= 80 * DAY) return monthName(date.getUTCMonth());
  const year = String(date.getUTCFullYear());
  const newYear = date.getUTCMonth() === 0 && date.getUTCDate() === 1;
  if (step >= 27 * DAY) return date.getUTCMonth() === 0 ? year : monthName(date.getUTCMonth());
  if (step >= 0.9 * DAY) return newYear ? year : dayMonth(date);
  if (isMidnight(instant, zone)) return dayMonth(date);
  const clock = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
  return step < 60_000 ? `${clock}:${two(date.getUTCSeconds())}` : clock;
}

/** The whole bucket in words, with weekday and zone, for tooltips and readings. */
export const bucketLabel = (
  instant: number,
  zone: string,
  grain: Grain | null,
  calendar?: Calendar,
): string => formatInstantLong(instant, zone, grain ?? 'second', calendar);
