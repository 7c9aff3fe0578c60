// Which period lies before a range: months before months, days before days, and no more of it than is known of the range.
import { describe, expect, it } from 'vitest';
import type { DateRange } from '@/api/types';
import { previousRange } from './previous-range';

const zone = 'America/New_York';
const of = (from: string, to: string, said: DateRange | null = null, until: string | null = null) =>
  previousRange({ from, to, said, until }, zone);

describe('the period before', () => {
  it.each<[string, string, string, DateRange | null, [string, string]]>([
    [
      'a quarter',
      '2013-04-01T04:00:00Z',
      '2013-07-01T04:00:00Z',
      ['2013-04-01', '2013-06-30'],
      ['2013-01-01', '2013-03-31'],
    ],
    ['a year', '2013-01-01T05:00:00Z', '2014-01-01T05:00:00Z', null, ['2012-01-01', '2012-12-31']],
    // A fiscal year is twelve months like any other.
    [
      'a fiscal year',
      '2012-07-01T04:00:00Z',
      '2013-07-01T04:00:00Z',
      'this year',
      ['2011-07-01', '2012-06-30'],
    ],
    [
      'March',
      '2013-03-01T05:00:00Z',
      '2013-04-01T04:00:00Z',
      'this month',
      ['2013-02-01', '2013-02-28'],
    ],
    [
      'two months',
      '2013-01-01T05:00:00Z',
      '2013-03-01T05:00:00Z',
      'now-1M/M to now/M',
      ['2012-11-01', '2012-12-31'],
    ],
    ['30 days', '2013-03-01T05:00:00Z', '2013-03-31T04:00:00Z', null, ['2013-01-30', '2013-02-28']],
    [
      '30 days that happen to be April',
      '2013-04-01T04:00:00Z',
      '2013-05-01T04:00:00Z',
      'last 30 days of data',
      ['2013-03-02', '2013-03-31'],
    ],
    [
      '30 days up to yesterday that happen to be April',
      '2013-04-01T04:00:00Z',
      '2013-05-01T04:00:00Z',
      'now-30d/d to now-1d/d',
      ['2013-03-02', '2013-03-31'],
    ],
    [
      '90 days with a change of the clock',
      '2013-10-03T04:00:00Z',
      '2014-01-01T05:00:00Z',
      'last 90 days',
      ['2013-07-05', '2013-10-02'],
    ],
    [
      'a week',
      '2013-03-04T05:00:00Z',
      '2013-03-11T04:00:00Z',
      'last week',
      ['2013-02-25', '2013-03-03'],
    ],
    [
      'six hours',
      '2013-03-01T12:00:00Z',
      '2013-03-01T18:00:00Z',
      null,
      ['2013-03-01T06:00:00.000Z', '2013-03-01T11:59:59.999Z'],
    ],
  ])('of %s', (_, from, to, said, expected) => {
    expect(of(from, to, said)).toEqual(expected);
  });

  it.each<[DateRange, string, [string, string]]>([
    // As far as it has come, with the time of day.
    [
      'now/M to now',
      '2013-05-01T04:00:00Z',
      ['2013-04-01T04:00:00.000Z', '2013-04-10T18:29:59.999Z'],
    ],
    [
      ['now/y', 'now'],
      '2013-01-01T05:00:00Z',
      ['2012-01-01T05:00:00.000Z', '2012-05-10T18:29:59.999Z'],
    ],
    [
      'now/d to now',
      '2013-05-10T04:00:00Z',
      ['2013-05-09T04:00:00.000Z', '2013-05-09T18:29:59.999Z'],
    ],
    [
      'now-1w/w to now',
      '2013-04-29T04:00:00Z',
      ['2013-04-15T04:00:00.000Z', '2013-04-26T18:29:59.999Z'],
    ],
    // As long as it says, also where it begins at a time of day.
    [
      'from 3 months ago to now',
      '2013-02-10T19:30:00Z',
      ['2012-11-10T19:30:00.000Z', '2013-02-10T19:29:59.999Z'],
    ],
    [
      'now-7d to now',
      '2013-05-03T18:30:00Z',
      ['2013-04-26T18:30:00.000Z', '2013-05-03T18:29:59.999Z'],
    ],
    [
      'last 6 hours',
      '2013-05-10T12:30:00Z',
      ['2013-05-10T06:30:00.000Z', '2013-05-10T12:29:59.999Z'],
    ],
  ])('of %j', (said, from, expected) => {
    expect(of(from, '2013-05-10T18:30:00Z', said)).toEqual(expected);
  });

  it('of what has come of this month has whole days where it ends with one', () => {
    expect(of('2013-05-01T04:00:00Z', '2013-05-11T04:00:00Z', 'now/M to now/d')).toEqual([
      '2013-04-01',
      '2013-04-10',
    ]);
  });

  it('of the 31st is no longer than its month', () => {
    const all = of('2013-03-01T05:00:00Z', '2013-03-31T18:00:00Z', 'now/M to now');
    expect(all).toEqual(['2013-02-01', '2013-02-28']);
  });

  it('has no more than is known of the range', () => {
    const may = ['2013-05-01T04:00:00Z', '2013-06-01T04:00:00Z', 'this month'] as const;
    expect(of(...may, '2013-05-10T18:30:00Z')).toEqual([
      '2013-04-01T04:00:00.000Z',
      '2013-04-10T18:29:59.999Z',
    ]);
    expect(of(...may, '2013-05-11T04:00:00Z')).toEqual(['2013-04-01', '2013-04-10']);
    expect(of(...may, '2013-08-01T04:00:00Z')).toEqual(['2013-04-01', '2013-04-30']);
    expect(of(...may, '2013-05-01T04:00:00Z')).toBeNull();
  });

  it('has the days of a calendar whose days begin at six', () => {
    const range = { from: '2013-04-01T10:00:00Z', to: '2013-07-01T10:00:00Z', dayStart: 6 };
    expect(previousRange(range, zone)).toEqual(['2013-01-01', '2013-03-31']);
  });

  it('is whole where a clock skips the midnight with which the range begins', () => {
    // In São Paulo 21 October 2012 began at one.
    const range = { from: '2012-10-21T03:00:00Z', to: '2012-10-28T02:00:00Z' };
    expect(previousRange(range, 'America/Sao_Paulo')).toEqual(['2012-10-14', '2012-10-20']);
  });
});
