// What is asked of the period before: all of it beside what has ended, as much as is known of what has not, and all of it where
// buckets are compared each by itself.
import { afterEach, describe, expect, it } from 'vitest';
import type { SemanticQuery } from '@/api/types';
import { comparisonQuery, unfinishedTest } from './comparison';
import { setFormatCalendar } from './format/calendar';

const zone = 'America/New_York';
const november = { from: '2013-11-01T04:00:00Z', to: '2013-12-01T05:00:00Z' };
afterEach(() => setFormatCalendar(null));

const asked = (time: object, until: string | null, made: string | null = null) =>
  comparisonQuery(
    {
      measures: ['f.count'],
      timeDimensions: [{ dimension: 'f.at', dateRange: 'this month', ...time }],
    },
    'f.at',
    { time_range: november, complete_until: until, answered_at: made },
    zone,
  )?.timeDimensions?.[0]?.dateRange;

describe('what is asked of the period before', () => {
  it('is all groups, as others were the greatest then; buckets are those of the range', () => {
    const onGroups: SemanticQuery = {
      measures: ['f.count'],
      dimensions: ['f.carrier'],
      timeDimensions: [{ dimension: 'f.at', dateRange: 'this month' }],
      filters: [
        { member: 'f.count', operator: 'gt', values: [100] },
        { member: 'f.origin', operator: 'equals', values: ['JFK'] },
      ],
      order: [['f.count', 'desc']],
      limit: 10,
      top: { by: 'f.count', limit: 10, others: true, dimension: 'f.carrier' },
    };
    const reach = { time_range: november, complete_until: '2013-12-05T00:00:00Z' };
    expect(comparisonQuery(onGroups, 'f.at', reach, zone)).toEqual({
      measures: ['f.count'],
      dimensions: ['f.carrier'],
      timeDimensions: [{ dimension: 'f.at', dateRange: ['2013-10-01', '2013-10-31'] }],
      filters: [{ member: 'f.origin', operator: 'equals', values: ['JFK'] }],
    });
    const [time] = onGroups.timeDimensions ?? [];
    const byDay = { ...onGroups, timeDimensions: [{ ...time!, granularity: 'day' as const }] };
    const { limit, order, top } = comparisonQuery(byDay, 'f.at', reach, zone) ?? {};
    expect({ limit, order, top }).toEqual({ limit: 10, order: onGroups.order, top: onGroups.top });
  });

  it.each<[string, object, string | null, unknown]>([
    ['has ended', {}, '2013-12-05T00:00:00Z', ['2013-10-01', '2013-10-31']],
    ['goes on', {}, '2013-11-11T05:00:00Z', ['2013-10-01', '2013-10-10']],
    ['has hardly anything to come', {}, '2013-11-30T20:00:00Z', ['2013-10-01', '2013-10-31']],
    ['nobody knows the end of', {}, null, ['2013-10-01', '2013-10-31']],
    ['has not begun', {}, '2013-10-30T00:00:00Z', undefined],
    // The picture shows the rest of it, and each day has its own beside it.
    [
      'goes on by day',
      { granularity: 'day' },
      '2013-11-11T05:00:00Z',
      ['2013-10-01', '2013-10-31'],
    ],
  ])('of a range that %s', (_, time, until, expected) => {
    expect(asked(time, until)).toEqual(expected);
  });

  it.each([
    // Hardly anything is to come of it, but it goes on.
    [
      'of what is known',
      '2013-11-30T01:00:00Z',
      '2013-11-30T01:00:05Z',
      ['2013-10-01T04:00:00.000Z', '2013-10-29T23:59:59.999Z'],
    ],
    [
      'of what there was when it was answered',
      null,
      '2013-11-11T14:00:00Z',
      ['2013-10-01T04:00:00.000Z', '2013-10-11T12:59:59.999Z'],
    ],
    ['of all of it once it is over', null, '2013-12-01T05:00:00Z', ['2013-10-01', '2013-10-31']],
  ])('is as much as %s', (_, until, made, expected) => {
    expect(asked({}, until, made)).toEqual(expected);
  });

  it('goes by the zone of the question where it has one', () => {
    const range = { from: '2013-10-31T15:00:00Z', to: '2013-11-30T15:00:00Z' };
    const query: SemanticQuery = {
      timeDimensions: [{ dimension: 'f.at', dateRange: ['2013-11-01', '2013-11-30'] }],
      timezone: 'Asia/Tokyo',
    };
    const reach = { time_range: range, complete_until: null };
    expect(comparisonQuery(query, 'f.at', reach, zone)?.timeDimensions?.[0]?.dateRange).toEqual([
      '2013-10-01',
      '2013-10-31',
    ]);
  });

  it('goes by the calendar of the question', () => {
    const range = { from: '2013-11-01T10:00:00Z', to: '2013-12-01T11:00:00Z' };
    const query: SemanticQuery = {
      timeDimensions: [{ dimension: 'f.at', dateRange: 'this month' }],
      calendar: { dayStart: 6 },
    };
    const reach = { time_range: range, complete_until: null };
    expect(comparisonQuery(query, 'f.at', reach, zone)?.timeDimensions?.[0]?.dateRange).toEqual([
      '2013-10-01',
      '2013-10-31',
    ]);
    // What it says nothing of is as with who asks, as the server has it.
    setFormatCalendar({ dayStart: 6 });
    const weeks: SemanticQuery = { ...query, calendar: { weekStart: 'sunday' } };
    expect(comparisonQuery(weeks, 'f.at', reach, zone)?.timeDimensions?.[0]?.dateRange).toEqual([
      '2013-10-01',
      '2013-10-31',
    ]);
  });
});

describe('a bucket', () => {
  const month = { grain: 'month' as const, interval: null };
  const start = Date.parse(november.from);
  const runs = (until: string | null, to: string) =>
    unfinishedTest({ complete_until: until, time_range: { ...november, to } }, month, zone)(start);

  it.each([
    ['its data are there', '2013-12-05T00:00:00Z', november.to, false],
    ['its data are still to come', '2013-11-11T00:00:00Z', november.to, true],
    [
      'the range cuts it and its data are there',
      '2013-11-16T00:00:00Z',
      '2013-11-15T05:00:00Z',
      false,
    ],
    [
      'the range cuts it and its data are to come',
      '2013-11-11T00:00:00Z',
      '2013-11-15T05:00:00Z',
      true,
    ],
    ['nobody knows', null, november.to, false],
  ])('is unfinished or not: %s', (_, until, to, expected) => {
    expect(runs(until, to)).toBe(expected);
  });

  it('is unfinished while it goes on, however little is to come', () => {
    const reach = { complete_until: '2013-11-30T23:00:00Z', time_range: november };
    const at = (answered_at: string | null, until = reach.complete_until as string | null) =>
      unfinishedTest({ ...reach, complete_until: until, answered_at }, month, zone)(start);
    expect(at(null)).toBe(false);
    expect(at('2013-11-30T23:00:05Z')).toBe(true);
    expect(at('2013-11-30T23:00:05Z', null)).toBe(true);
    expect(at('2013-12-02T00:00:00Z')).toBe(false);
  });
});
