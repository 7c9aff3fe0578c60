// A calendar as text that stands in an address: `week:sunday,year:4,day:6,weekend:friday.saturday`. What it does not say begins as
// ever, with Monday, January and midnight, for whoever opens it: read, it says so, because what a question leaves out is as with
// who asks. Which days are worked is said elsewhere where it says nothing of them. Holidays stand in no address. Pure.
import type { Calendar, Weekday } from '@/api/types';
import { weekdays } from './format/calendar';

/** What of a calendar its text means: all of when weeks, years and days begin. */
export function writtenCalendar(calendar: Calendar) {
  const { weekend } = calendar;
  return {
    weekStart: calendar.weekStart ?? 'monday',
    yearStart: calendar.yearStart ?? 1,
    dayStart: calendar.dayStart ?? 0,
    ...(weekend ? { weekend: weekdays.filter((day) => weekend.includes(day)) } : {}),
  };
}

export function calendarText(calendar: Calendar): string {
  const { weekStart, yearStart, dayStart, weekend } = writtenCalendar(calendar);
  return [
    `week:${weekStart}`,
    yearStart === 1 ? null : `year:${yearStart}`,
    dayStart === 0 ? null : `day:${dayStart}`,
    weekend ? `weekend:${weekend.join('.') || 'none'}` : null,
  ]
    .filter((part) => part !== null)
    .join(',');
}

const readDay = (text: string): Weekday | null => weekdays.find((day) => day === text) ?? null;

function readNumber(text: string, least: number, most: number): number | null {
  const number = Number(text);
  return /^\d{1,2}$/.test(text) && number >= least && number <= most ? number : null;
}

function readWeekend(text: string): Weekday[] | null {
  if (text === 'none') return [];
  const days = text.split('.').map(readDay);
  // A weekend of seven days leaves none that is worked.
  return days.includes(null) || new Set(days).size === 7 ? null : (days as Weekday[]);
}

/** null: it is not one. */
export function readCalendar(text: string): Calendar | null {
  const calendar: Calendar = {};
  for (const part of text.split(',')) {
    const [name, value = '', ...rest] = part.split(':');
    if (rest.length > 0) return null;
    if (name === 'week') {
      const day = readDay(value);
      if (day === null) return null;
      calendar.weekStart = day;
    } else if (name === 'weekend') {
      const days = readWeekend(value);
      if (days === null) return null;
      calendar.weekend = days;
    } else if (name === 'year' || name === 'day') {
      const number = name === 'year' ? readNumber(value, 1, 12) : readNumber(value, 0, 23);
      if (number === null) return null;
      calendar[name === 'year' ? 'yearStart' : 'dayStart'] = number;
    } else return null;
  }
  return writtenCalendar(calendar);
}

const large = (day: string): string => day.charAt(0).toUpperCase() + day.slice(1);
const monthName = new Intl.DateTimeFormat('en-GB', { month: 'long', timeZone: 'UTC' });

/** "Weeks from Sunday, years from April". */
export function calendarWords(calendar: Calendar): string {
  const { weekStart, yearStart, dayStart, weekend } = writtenCalendar(calendar);
  return [
    `Weeks from ${large(weekStart)}`,
    yearStart === 1 ? null : `years from ${monthName.format(Date.UTC(2013, yearStart - 1))}`,
    dayStart === 0 ? null : `days from ${dayStart}:00`,
    weekend === undefined ? null : `${weekend.map(large).join(' and ') || 'no day'} off`,
  ]
    .filter((part) => part !== null)
    .join(', ');
}

/** Whether a question under one has the weeks, years and days of another, and its weekend where it says one. */
export const isSameCalendar = (asked: Calendar, usual: Calendar): boolean =>
  calendarText({ ...(usual.weekend ? { weekend: usual.weekend } : {}), ...asked }) ===
  calendarText(usual);
