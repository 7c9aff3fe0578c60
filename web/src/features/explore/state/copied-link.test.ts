// A link that is handed on says its zone and its calendar where others would give other numbers, and only there.
import { describe, expect, it } from 'vitest';
import type { Calendar } from '@/api/types';
import { flightsModel } from '@/testing/fake-engine';
import { copiedLink } from './copied-link';
import { emptyState } from './explore-state';
import type { ExploreState } from './explore-state';
import { readState } from './url-state';

const sunday: Calendar = { weekStart: 'sunday', yearStart: 4 };
const dates: [string, string] = ['2013-01-01', '2013-12-31'];
const calendarOf = (part: Partial<ExploreState>, usual = sunday): string | null => {
  const state: ExploreState = { ...emptyState, range: dates, ...part };
  const href = 'https://mill.example/explore?m=count&lost=time';
  const link = copiedLink(href, state, flightsModel, usual);
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
    const href =
      'https://mill.example/explore?m=count&grain=week&zone=Asia/Tokyo&cal=week:monday&lost=time';
    const own: ExploreState = { ...emptyState, grain: 'week', calendar: { weekStart: 'monday' } };
    expect(copiedLink(href, own, flightsModel, sunday)).toBe(href);
    const added = copiedLink(
      'https://mill.example/explore?f=a:equals:x,y&grain=week',
      { ...own, calendar: null },
      flightsModel,
      sunday,
    );
    expect(added).toBe(
      'https://mill.example/explore?f=a:equals:x,y&grain=week&zone=UTC&cal=week:sunday,year:4',
    );
    expect(readState(new URL(added).searchParams).state.calendar).toEqual({
      ...sunday,
      dayStart: 0,
    });
  });

  const zoneOf = (part: Partial<ExploreState>): string | null => {
    const state: ExploreState = { ...emptyState, range: 'all', zone: 'Asia/Tokyo', ...part };
    const model = {
      ...flightsModel,
      segments: [
        {
          name: 'late',
          label: 'Late',
          filters: [
            { member: 'flights.time_hour', operator: 'gte' as const, values: ['2013-06-01'] },
          ],
        },
        {
          name: 'united',
          label: 'United',
          filters: [{ member: 'flights.carrier', operator: 'equals' as const, values: ['UA'] }],
        },
      ],
    };
    const link = copiedLink('https://mill.example/explore?m=count', state, model, {});
    return new URL(link).searchParams.get('zone');
  };

  it.each<[string, Partial<ExploreState>, string | null]>([
    ['nothing of time', { dimensions: ['carrier'] }, null],
    ['another condition', { filters: [{ member: 'carrier', operator: 'set' }] }, null],
    ['another named filter', { segments: ['united'] }, null],
    ['buckets', { grain: 'hour' }, 'Asia/Tokyo'],
    ['a range between dates', { range: dates }, 'Asia/Tokyo'],
    ['times themselves', { dimensions: ['time_hour'] }, 'Asia/Tokyo'],
    [
      'a condition on a time',
      { filters: [{ or: [{ member: 'time_hour', operator: 'lt', values: ['2013-02-01'] }] }] },
      'Asia/Tokyo',
    ],
    [
      'a date of what is joined',
      { filters: [{ member: 'origin.opened', operator: 'beforeDate', values: ['2013-02-01'] }] },
      'Asia/Tokyo',
    ],
    ['a named filter on a time', { segments: ['late'] }, 'Asia/Tokyo'],
  ])('says the zone of %s', (_, part, expected) => {
    expect(zoneOf(part)).toBe(expected);
  });
});
