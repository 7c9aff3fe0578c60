// The calendar of all formatting: that of who looks, which the store tells. A question may have one of its own; who
// shows its answer hands it on. Here are the names of years and quarters that do not begin in January.
import type { Calendar, Weekday } from '@/api/types';

let current: Calendar = {};

export const formatCalendar = (): Calendar => current;

/** The zone in which days begin where neither a question nor its dashboard names one. */
export const formatZone = (): string => current.timezone ?? 'UTC';

/** A calendar, and field by field a wider one where it says nothing, as the server has it. */
export const within = (
  calendar: Calendar | null | undefined,
  wider: Calendar | null | undefined,
): Calendar => ({
  ...wider,
  ...Object.fromEntries(Object.entries(calendar ?? {}).filter(([, value]) => value !== null)),
});

// For the session and for tests.
export function setFormatCalendar(calendar: Calendar | null | undefined): void {
  current = calendar ?? {};
}

/** From Monday on, as people list them. */
export const weekdays: readonly Weekday[] = [
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
];

/** The day on which weeks begin, as `Date` counts them: 0 is Sunday. */
export const firstWeekday = (calendar: Calendar): number =>
  (weekdays.indexOf(calendar.weekStart ?? 'monday') + 1) % 7;

/** The month with which years begin, as `Date` counts them: 0 is January. */
export const firstMonth = (calendar: Calendar): number => (calendar.yearStart ?? 1) - 1;

/** The year that a date of the wall clock lies in: `2013`, or `FY 2013/14` where it does not begin in January. */
export function yearName(wall: Date, calendar: Calendar): string {
  const first = firstMonth(calendar);
  const year = wall.getUTCFullYear() - (wall.getUTCMonth() < first ? 1 : 0);
  return first === 0 ? `${year}` : `FY ${year}/${String((year + 1) % 100).padStart(2, '0')}`;
}

/** `Q1 2013`, or `Q1 FY 2013/14`. */
export function quarterName(wall: Date, calendar: Calendar): string {
  const month = (wall.getUTCMonth() - firstMonth(calendar) + 12) % 12;
  return `Q${Math.floor(month / 3) + 1} ${yearName(wall, calendar)}`;
}
