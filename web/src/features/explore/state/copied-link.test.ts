// A link that is handed on says its calendar where another one would give other numbers, and only there.
import { describe, expect, it } from 'vitest';
import type { Calendar } from '@/api/types';
import { copiedLink } from './copied-link';
import { emptyState } from './explore-state';
import type { ExploreState } from './explore-state';
import { readState } from './url-state';

const sunday: Calendar = { weekStart: 'sunday', yearStart: 4 };
const dates: [string, string] = ['2013-01-01', '2013-12-31'];
const calendarOf = (part: Partial<ExploreState>, usual = sunday): string | null => {
  const state: ExploreState = { ...emptyState, range: dates, ...part };
  const link = copiedLink('https://mill.example/explore?m=count&lost=time', state, usual);
  return new URL(link).searchParams.get('cal');
};

describe('a link that is copied', () => {
  const text = 'week:sunday,year:4';

  it.each<[string, Partial<ExploreState>, string | null]>([
    ['days between dates', { grain: 'day' }, null],
    ['hours', { grain: '6 hours' }, null],
    ['months', { grain: 'month' }, null],
    ['all time', { range: 'all' }, null],
    ['weeks', { grain: 'week' }, text],
    ['two weeks', { grain: '2 weeks' }, text],
    ['half years', { grain: '6 months' }, text],
    ['quarters of all time', { grain: 'quarter', range: 'all' }, text],
    ['what a model has a name for', { grain: 'fiscal_year' }, text],
    ['a relative range', { range: 'this week' }, text],
    ['an end that is relative', { range: ['2013-01-01', 'now/w'] }, text],
    [
      'a condition on a date',
      { filters: [{ member: 'at', operator: 'inDateRange', values: ['2013-01-01'] }] },
      null,
    ],
    [
      'a relative condition',
      { filters: [{ or: [{ member: 'at', operator: 'inDateRange', values: ['this week'] }] }] },
      text,
    ],
    ['business days', { filters: [{ member: 'at', operator: 'onBusinessDays' }] }, text],
  ])('of %s', (_, part, expected) => {
    expect(calendarOf(part)).toBe(expected);
  });

  it('says when days begin wherever there are any', () => {
    const six: Calendar = { dayStart: 6 };
    expect(calendarOf({}, six)).toBe('week:monday,day:6');
    expect(calendarOf({ range: 'all' }, six)).toBeNull();
  });

  it('stays as it is where it says a calendar, and keeps everything else', () => {
    const href = 'https://mill.example/explore?m=count&grain=week&cal=week:monday&lost=time';
    const own: ExploreState = { ...emptyState, grain: 'week', calendar: { weekStart: 'monday' } };
    expect(copiedLink(href, own, sunday)).toBe(href);
    const added = copiedLink(
      'https://mill.example/explore?f=a:equals:x,y&grain=week',
      { ...own, calendar: null },
      sunday,
    );
    expect(added).toBe(
      'https://mill.example/explore?f=a:equals:x,y&grain=week&cal=week:sunday,year:4',
    );
    expect(readState(new URL(added).searchParams).state.calendar).toEqual(sunday);
  });
});
