// Ticks are few, round, in the zone of the query, and never on top of each other.
import { describe, expect, it } from 'vitest';
import type { Calendar } from '@/api/types';
import { bucketStride, fittingLabels, labelStride, timeTicks, valueAxis } from './ticks';

describe('valueAxis', () => {
  it.each([
    [0, 943, true],
    [3, 2100, true],
    [-40, 260, false],
    [0.2, 0.9, false],
    [99.1, 99.4, false],
    [-5, -1, true],
    [0, 302, true],
    [0, 351, true],
    [1, 87_300, true],
  ])('has 2 to 7 round ticks inside its domain for %d to %d', (low, high, zero) => {
    const axis = valueAxis(low, high, zero);
    expect(axis.ticks.length).toBeGreaterThanOrEqual(2);
    expect(axis.ticks.length).toBeLessThanOrEqual(7);
    expect(axis.domain[0]).toBeLessThanOrEqual(zero ? Math.min(0, low) : low);
    expect(axis.domain[1]).toBeGreaterThanOrEqual(zero ? Math.max(0, high) : high);
    expect(axis.domain).toEqual([axis.ticks[0], axis.ticks[axis.ticks.length - 1]]);
    for (const tick of axis.ticks) {
      const digits = tick.toPrecision(3);
      expect(Number(digits)).toBeCloseTo(tick, 9);
    }
  });

  it.each([
    [0, 1, [0, 1]],
    [0, 3, [0, 1, 2, 3]],
    [0, 2.5, [0, 1, 2, 3]],
    [-1, 1, [-1, 0, 1]],
    [0, 0, [0, 1]],
    [0, 40, [0, 10, 20, 30, 40]],
  ])('has whole ticks for what is written without decimals, from %d to %d', (low, high, ticks) => {
    const axis = valueAxis(low, high, true, 4, true);
    expect(axis.ticks).toEqual(ticks);
    expect(axis.domain).toEqual([ticks[0], ticks.at(-1)]);
  });

  it('never collapses', () => {
    expect(valueAxis(0, 0, true).domain).toEqual([0, 1]);
    const flat = valueAxis(50, 50, false);
    expect(flat.domain[0]).toBeLessThan(flat.domain[1]);
    const none = valueAxis(Infinity, -Infinity, true);
    expect(none.domain.every(Number.isFinite)).toBe(true);
  });
});

describe('timeTicks', () => {
  const zone = 'America/New_York';

  it('begins days at midnight of the zone, not of UTC', () => {
    const ticks = timeTicks(
      Date.parse('2013-01-01T05:00Z'),
      Date.parse('2013-01-08T05:00Z'),
      zone,
      600,
    );
    for (const tick of ticks) expect(new Date(tick.value).toISOString()).toContain('T05:00');
  });

  it('says the year once and does not repeat midnight', () => {
    const ticks = timeTicks(
      Date.parse('2012-12-30T05:00Z'),
      Date.parse('2013-01-04T05:00Z'),
      zone,
      700,
    );
    const labels = ticks.map((tick) => tick.label);
    expect(labels).toContain('2013');
    expect(new Set(labels).size).toBe(labels.length);
    expect(labels).not.toContain('00:00');
  });

  it('is not left with two months on a wide card', () => {
    const ticks = timeTicks(
      Date.parse('2013-10-03T04:00Z'),
      Date.parse('2013-12-31T05:00Z'),
      zone,
      560,
    );
    expect(ticks.length).toBeGreaterThanOrEqual(4);
    const narrow = timeTicks(
      Date.parse('2013-10-03T04:00Z'),
      Date.parse('2013-12-31T05:00Z'),
      zone,
      330,
    ).map((tick) => tick.label);
    expect(new Set(narrow).size).toBe(narrow.length);
    expect(ticks.length).toBeLessThanOrEqual(8);
  });

  const at = (ticks: { value: number }[]): string[] =>
    ticks.map(({ value }) => new Date(value).toISOString().slice(0, 10));
  const between = (from: string, to: string, calendar: Calendar) =>
    timeTicks(Date.parse(from), Date.parse(to), 'UTC', 600, calendar);

  it.each<[Calendar, number]>([
    [{}, 1],
    [{ weekStart: 'sunday' }, 0],
    [{ weekStart: 'saturday' }, 6],
  ])('begins weeks as the calendar %j has it', (calendar, weekday) => {
    const ticks = between('2013-01-01', '2013-02-20', calendar);
    expect(ticks.length).toBeGreaterThan(3);
    for (const { value } of ticks) expect(new Date(value).getUTCDay()).toBe(weekday);
  });

  it('begins years and quarters as the calendar has it', () => {
    const years = between('2010-04-01', '2014-04-01', { yearStart: 4 });
    expect(years.map(({ label }) => label)).toEqual([
      'FY 2010/11',
      'FY 2011/12',
      'FY 2012/13',
      'FY 2013/14',
      'FY 2014/15',
    ]);
    expect(at(years)[0]).toBe('2010-04-01');
    const quarters = between('2013-01-31', '2014-05-31', { yearStart: 2 });
    expect(at(quarters)).toEqual([
      '2013-02-01',
      '2013-05-01',
      '2013-08-01',
      '2013-11-01',
      '2014-02-01',
      '2014-05-01',
    ]);
    expect(quarters.map(({ label }) => label)).toEqual([
      'FY 2013/14',
      'May',
      'Aug',
      'Nov',
      'FY 2014/15',
      'May',
    ]);
  });

  it('writes months as ever', () => {
    const months = between('2013-02-01', '2013-07-01', { yearStart: 4 });
    expect(months.map(({ label }) => label)).toEqual(['Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul']);
  });

  it('survives a range without length', () => {
    expect(timeTicks(5, 5, 'UTC', 100)).toHaveLength(1);
  });
});

describe('labels', () => {
  it('keeps labels that fit and drops those that touch or leave the card', () => {
    const labels = [10, 30, 50, 100].map((at) => ({ at, width: 30 }));
    expect(fittingLabels(labels, 0, 200)).toEqual([1, 3]);
    expect(fittingLabels([{ at: 5, width: 30 }], 0, 200)).toEqual([]);
  });

  it('strides by what fits, days by weeks', () => {
    expect(labelStride(10, 20, 400)).toBe(1);
    expect(labelStride(100, 30, 400)).toBe(10);
    expect(bucketStride(90, 30, 800, true)).toBe(7);
    expect(bucketStride(365, 30, 800, true) % 7).toBe(0);
  });
});
