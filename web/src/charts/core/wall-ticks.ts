// Where ticks of time may stand: where seconds to years of the wall clock begin, weeks, quarters and years as a calendar
// has them. Pure; wall times are milliseconds that UTC getters read (see zoned-time.ts).
import {
  utcFriday,
  utcMonday,
  utcSaturday,
  utcSunday,
  utcThursday,
  utcTickInterval,
  utcTuesday,
  utcWednesday,
  utcWeek,
} from 'd3-time';
import type { Calendar } from '@/api/types';
import { firstMonth, firstWeekday } from '@/lib/format/calendar';

const weeks = [
  utcSunday,
  utcMonday,
  utcTuesday,
  utcWednesday,
  utcThursday,
  utcFriday,
  utcSaturday,
] as const;

const MONTH = 2_629_800_000;

/** The first of a month, so many months away. */
function monthStart(wall: number, months: number): number {
  const date = new Date(wall);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1);
}

/** For about so many ticks between two wall times, both included. */
export function wallTicks(
  from: number,
  to: number,
  calendar: Calendar,
): (wanted: number) => number[] {
  const first = firstMonth(calendar);
  return (wanted) => {
    const found = utcTickInterval(new Date(from), new Date(to), wanted);
    const interval = found === utcWeek ? (weeks[firstWeekday(calendar)] ?? utcWeek) : found;
    const between = (start: number, stop: number): number[] =>
      interval?.range(new Date(start), new Date(stop + 1)).map((date) => date.getTime()) ?? [];
    // The clock knows no years but those from January: they are sought as many months earlier.
    if (first === 0 || (to - from) / wanted < MONTH) return between(from, to);
    return between(monthStart(from, -first), monthStart(to, -first))
      .map((wall) => monthStart(wall, first))
      .filter((wall) => wall >= from);
  };
}
