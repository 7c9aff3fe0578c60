// By which calendar an answer was made, in words: when weeks, years and days begin, and which days are not worked. Pure.
import type { Provenance, Weekday } from '@/api/types';
import { formatNumber } from '@/lib/format';
import type { Fact } from './provenance-words';

type UsedCalendar = NonNullable<Provenance['calendar']>;

/** What holds where an answer names no calendar. */
const usual: UsedCalendar = { weekStart: 'monday', yearStart: 1 };

const dayName = (day: Weekday): string => day.charAt(0).toUpperCase() + day.slice(1);

const monthName = (month: number): string =>
  new Date(Date.UTC(2001, month - 1, 1)).toLocaleString('en', { month: 'long', timeZone: 'UTC' });

function beginnings({ weekStart, yearStart, dayStart = 0 }: UsedCalendar): string {
  const days = dayStart === 0 ? [] : [`days at ${String(dayStart).padStart(2, '0')}:00`];
  const parts = [`weeks begin on ${dayName(weekStart)}`, `years in ${monthName(yearStart)}`];
  return [...parts, ...days].join(', ');
}

/** Which days were not business days, where that was asked. */
function daysOff({ weekend, holidayCount }: UsedCalendar): string | null {
  if (typeof holidayCount !== 'number') return null;
  const holidays =
    holidayCount === 1 ? '1 holiday' : `${formatNumber(holidayCount, 'integer', 'full')} holidays`;
  return [...(weekend ?? []).map(dayName), holidays].join(', ');
}

export function calendarFacts(calendar: Provenance['calendar']): Fact[] {
  const used = calendar ?? usual;
  const off = daysOff(used);
  return [
    { name: 'Calendar', value: beginnings(used) },
    ...(off === null
      ? []
      : [{ name: 'Days off', value: off, hint: 'By these, business days were told.' }]),
  ];
}
