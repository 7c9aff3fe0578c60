// A calendar goes into an address and comes back with the same meaning; what is none is not read as one.
import { describe, expect, it } from 'vitest';
import type { Calendar } from '@/api/types';
import {
  calendarText,
  calendarWords,
  isSameCalendar,
  readCalendar,
  writtenCalendar,
} from './calendar-text';

describe('a calendar as text', () => {
  it.each<[Calendar, string, string]>([
    [{}, 'week:monday', 'Weeks from Monday'],
    [{ weekStart: 'monday', yearStart: 1, dayStart: 0 }, 'week:monday', 'Weeks from Monday'],
    [
      { weekStart: 'sunday', yearStart: 4, dayStart: 6 },
      'week:sunday,year:4,day:6',
      'Weeks from Sunday, years from April, days from 6:00',
    ],
    [
      { weekend: ['saturday', 'friday'] },
      'week:monday,weekend:friday.saturday',
      'Weeks from Monday, Friday and Saturday off',
    ],
    [{ weekend: [] }, 'week:monday,weekend:none', 'Weeks from Monday, no day off'],
  ])('%j', (calendar, text, words) => {
    expect(calendarText(calendar)).toBe(text);
    expect(calendarWords(calendar)).toBe(words);
    expect(readCalendar(text)).toEqual(writtenCalendar(calendar));
  });

  it.each([
    'sunday',
    'week:sonntag',
    'year:13',
    'year:0',
    'day:24',
    'day:x',
    'week:sunday:monday',
    'weekend:friday.',
    'weekend:monday.tuesday.wednesday.thursday.friday.saturday.sunday',
    'month:3',
  ])('%s is none', (text) => {
    expect(readCalendar(text)).toBeNull();
  });

  it('says, once it is read, also what its text leaves out, whoever reads it', () => {
    expect(readCalendar('week:sunday')).toEqual({ weekStart: 'sunday', yearStart: 1, dayStart: 0 });
    expect(readCalendar('year:4')).toEqual({ weekStart: 'monday', yearStart: 4, dayStart: 0 });
  });

  it('is the same as another where weeks, years, days and the weekend are', () => {
    const usual: Calendar = { weekStart: 'sunday', yearStart: 1, weekend: ['friday'] };
    // What it does not say of the weekend is said by the usual one.
    expect(isSameCalendar({ weekStart: 'sunday' }, usual)).toBe(true);
    expect(isSameCalendar({ weekStart: 'sunday', weekend: [] }, usual)).toBe(false);
    expect(isSameCalendar({}, usual)).toBe(false);
    expect(isSameCalendar({ weekStart: 'monday', dayStart: 0 }, {})).toBe(true);
  });
});
