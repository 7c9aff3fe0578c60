// Places of buckets: the first is the one that the range begins in, whatever has rows, and steps are as wide as buckets are.
import { describe, expect, it } from 'vitest';
import type { Grain } from '@/api/types';
import { bucketPlaces } from './bucket-places';

const places = (
  from: string,
  starts: string[],
  grain: Grain,
  interval: string | null = null,
  zone = 'UTC',
  dayStart = 0,
): (number | undefined)[] => {
  const instants = starts.map((start) => Date.parse(start));
  const calendar = dayStart === 0 ? null : { weekStart: 'monday' as const, yearStart: 1, dayStart };
  const range = { from, to: '2030-01-01T00:00:00Z' };
  const found = bucketPlaces(instants, { grain, interval }, { time_range: range, calendar }, zone);
  return instants.map((instant) => found.get(instant));
};

describe('places of buckets', () => {
  it.each<[string, string, string[], Grain, string | null, number[]]>([
    [
      'days, the first of them without rows',
      '2013-01-11',
      ['2013-01-12', '2013-01-14'],
      'day',
      null,
      [1, 3],
    ],
    // The range begins on a Friday, within the week of the Monday before it.
    ['weeks', '2013-10-04', ['2013-09-30', '2013-10-07'], 'week', null, [0, 1]],
    ['weeks from Sunday on', '2013-10-04', ['2013-10-06', '2013-10-20'], 'week', null, [1, 3]],
    ['two weeks each', '2013-01-01', ['2013-01-14', '2013-01-28'], 'week', '2 weeks', [1, 2]],
    ['ten days each', '2013-01-05', ['2013-01-01', '2013-01-21'], 'day', '10 days', [0, 2]],
    ['months', '2013-01-31', ['2013-01-01', '2013-03-01'], 'month', null, [0, 2]],
    ['half years', '2012-11-15', ['2012-07-01', '2013-07-01'], 'month', '6 months', [0, 2]],
    // They begin on the 15th: the 10th of January lies in that of December.
    [
      'months from a day on',
      '2013-01-10',
      ['2012-12-15', '2013-02-15'],
      'month',
      'month from 2012-01-15',
      [0, 2],
    ],
    [
      'quarters of a fiscal year',
      '2013-03-01',
      ['2013-02-01', '2013-08-01'],
      'quarter',
      null,
      [0, 2],
    ],
    ['years', '2011-06-01', ['2011-01-01', '2013-01-01'], 'year', null, [0, 2]],
  ])('of %s', (_, from, starts, grain, interval, expected) => {
    const midnight = (date: string): string => `${date}T00:00:00Z`;
    expect(places(midnight(from), starts.map(midnight), grain, interval)).toEqual(expected);
  });

  it('of a day of 25 hours are one a day, and of hours those that the clock says', () => {
    const zone = 'America/New_York';
    const days = ['2013-11-03T04:00:00Z', '2013-11-04T05:00:00Z'];
    expect(places('2013-11-03T04:00:00Z', days, 'day', null, zone)).toEqual([0, 1]);
    // Midnight, one, one again and two.
    const hours = ['T04', 'T05', 'T06', 'T07'].map((hour) => `2013-11-03${hour}:00:00Z`);
    expect(places('2013-11-03T04:00:00Z', hours, 'hour', null, zone)).toEqual([0, 1, 1, 2]);
    // In spring there is no two o'clock.
    const skipped = ['2013-03-10T06:00:00Z', '2013-03-10T07:00:00Z'];
    expect(places('2013-03-10T05:00:00Z', skipped, 'hour', null, zone)).toEqual([1, 3]);
    // Two hours from two on begin at three.
    const wide = ['2013-03-10T05:00:00Z', '2013-03-10T07:00:00Z', '2013-03-10T08:00:00Z'];
    expect(places('2013-03-10T05:00:00Z', wide, 'hour', '2 hours', zone)).toEqual([0, 1, 2]);
  });

  it('of hours and minutes count from where these begin', () => {
    const shifts = ['2013-01-01T06:00:00Z', '2013-01-01T14:00:00Z'];
    const from = '2013-01-01T00:00:00Z';
    expect(places(from, shifts, 'hour', '8 hours from 2024-01-01T06:00')).toEqual([1, 2]);
    const quarters = ['2013-01-01T00:15:00Z', '2013-01-01T01:00:00Z'];
    expect(places('2013-01-01T00:20:00Z', quarters, 'minute', '15 minutes')).toEqual([0, 3]);
  });

  it('of days that begin at an hour are those of its days', () => {
    const from = '2013-01-02T03:00:00Z';
    const days = ['2013-01-01T06:00:00Z', '2013-01-02T06:00:00Z'];
    expect(places(from, days, 'day', null, 'UTC', 6)).toEqual([0, 1]);
  });

  it('of what is no bucket there are none', () => {
    expect(places('2013-01-01T00:00:00Z', ['never'], 'day')).toEqual([undefined]);
  });
});
