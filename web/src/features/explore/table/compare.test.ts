// The line of the period before stands under that of now bucket by bucket, as rows stand in the table of the same page.
import { describe, expect, it } from 'vitest';
import type { Grain, QueryResult, ResultColumn } from '@/api/types';
import { answer } from '@/testing/fake-engine';
import { chartOf } from '@/widgets/result-to-chart';
import { matchBefore } from './compare';

const { provenance } = answer({ measures: ['flights.count'] });
const count: ResultColumn = {
  name: 's.count',
  label: 'count',
  type: 'integer',
  role: 'measure',
  format: null,
};
const midnight = (date: string): string => `${date}T00:00:00Z`;

function result(
  from: string,
  to: string,
  dates: string[],
  values: number[],
  grain: Grain,
  interval: string | null,
): QueryResult {
  const time: ResultColumn = {
    ...count,
    name: 's.at',
    type: 'timestamp',
    role: 'time',
    grain,
    interval,
  };
  return {
    columns: [time, count],
    data: [dates.map(midnight), values],
    row_count: dates.length,
    provenance: {
      ...provenance,
      timezone: 'UTC',
      complete_until: '2014-01-01T00:00:00Z',
      time_range: { from: midnight(from), to: midnight(to) },
    },
  };
}

const line = (now: QueryResult, before: QueryResult) =>
  chartOf('line', {
    widget: {
      id: 'w',
      kind: 'line',
      title: 'Sales',
      layout: { x: 0, y: 0, w: 6, h: 4 },
      query: {},
    },
    result: now,
    comparison: before,
    models: [],
    colors: {},
    zone: 'UTC',
    live: false,
  })?.series.find(({ role }) => role === 'comparison')?.values;

describe('the line of the period before', () => {
  it.each<[string, Grain, string | null, string[], string[], (number | null)[]]>([
    // Its first bucket has no rows.
    [
      'days',
      'day',
      null,
      ['2013-01-11', '2013-01-12', '2013-01-14'],
      ['2013-01-08', '2013-01-10'],
      [null, 1, null, 2],
    ],
    [
      'days, the first of now missing',
      'day',
      null,
      ['2013-01-12'],
      ['2013-01-07', '2013-01-08'],
      [2],
    ],
  ])('of %s is the bucket at the same place', (_, grain, interval, dates, earlier, expected) => {
    const now = result('2013-01-11', '2013-01-15', dates, [1, 2, 3], grain, interval);
    const before = result('2013-01-07', '2013-01-11', earlier, [1, 2], grain, interval);
    expect(line(now, before)).toEqual(expected);
  });

  it.each<[Grain, string | null, [string, string, string], string[], string[]]>([
    [
      'week',
      '2 weeks',
      ['2013-02-26', '2013-04-23', '2013-01-01'],
      ['2013-03-11', '2013-03-25'],
      ['2013-01-28', '2013-02-11'],
    ],
    // Nothing happened in the first two weeks of now, of which the range has only some days.
    [
      'week',
      '2 weeks',
      ['2013-03-06', '2013-05-01', '2013-01-09'],
      ['2013-03-11', '2013-03-25'],
      ['2012-12-31', '2013-01-14'],
    ],
    [
      'month',
      null,
      ['2013-04-01', '2013-07-01', '2013-01-01'],
      ['2013-04-01', '2013-05-01'],
      ['2013-02-01', '2013-03-01'],
    ],
  ])('has the same partners as the table, by %s (%s)', (grain, interval, ends, dates, earlier) => {
    const [from, to, before] = ends;
    const now = result(from, to, dates, [10, 20], grain, interval);
    const then = result(before, from, earlier, [1, 2], grain, interval);
    const rows = [...matchBefore(now, then, 'UTC')];
    expect(line(now, then)).toEqual(rows.map((row) => (row < 0 ? null : row + 1)));
    // One of each has a partner, so that they are not equal by having none.
    expect(rows.filter((row) => row >= 0)).toHaveLength(1);
  });
});
