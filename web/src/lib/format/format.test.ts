// The formatter: presets of the contract, missing and zero apart, locales, zones.
import { afterEach, describe, expect, it } from 'vitest';
import {
  columnDecimals,
  formatAge,
  formatCell,
  formatCount,
  formatDate,
  formatDelta,
  formatElapsed,
  formatExact,
  formatInstant,
  formatInstantLong,
  formatNumber,
  formatRange,
  formatTicks,
  isZone,
  setFormatCalendar,
  setFormatLocale,
} from '.';
import type { Grain } from '@/api/types';
import type { NumberStyle } from '.';

afterEach(() => {
  setFormatLocale('en-GB');
  setFormatCalendar(null);
});

const plain = (text: string) =>
  text
    .replaceAll('\u00a0', ' ')
    .replaceAll('\u202f', ' ')
    .replaceAll('\u2009', ' ')
    .replaceAll('\u2212', '-');

describe('numbers', () => {
  it.each<[number | null, string | null, NumberStyle, string]>([
    [null, 'number', 'full', '—'],
    [0, 'number', 'full', '0'],
    [0, 'percent', 'full', '0%'],
    [1234.567, 'number', 'full', '1,234.57'],
    [1234.567, 'number', 'compact', '1.23K'],
    [999_950, 'number', 'compact', '1M'],
    [12_345_678, 'number', 'compact', '12.3M'],
    [0.00012, 'number', 'full', '0.00012'],
    [842, 'integer', 'compact', '842'],
    [336_776, 'integer', 'full', '336,776'],
    [336_776, 'integer', 'compact', '337K'],
    [-336_776, 'integer', 'full', '-336,776'],
    [0.0417, 'percent', 'compact', '4.2%'],
    [0.0417, 'percent', 'full', '4.17%'],
    [1234.5, 'currency_usd', 'full', '$1,234.50'],
    [-1234.5, 'currency_eur', 'full', '-€1,234.50'],
    [10_000_000, 'currency_usd', 'compact', '$10M'],
    [12.64, 'duration_minutes', 'full', '12.6 min'],
    [75, 'duration_minutes', 'full', '1 h 15 min'],
    [75, 'duration_minutes', 'compact', '1.25 h'],
    [-5, 'duration_minutes', 'full', '-5 min'],
    [1500, 'duration_minutes', 'full', '1 d 1 h'],
    [999, 'bytes', 'full', '999 B'],
    [9_412_338, 'bytes', 'full', '9.41 MB'],
    [0.5, '.1%', 'full', '50.0%'],
    [12, 'not a format', 'full', '12'],
    [Number.NaN, 'number', 'full', '—'],
  ])('%s as %s, %s, is %s', (value, format, style, text) => {
    expect(plain(formatNumber(value, format, style))).toBe(text);
  });

  it('follows the locale everywhere alike', () => {
    setFormatLocale('de-DE');
    expect(formatNumber(1234.5)).toBe('1.234,5');
    expect(plain(formatNumber(0.05, 'percent'))).toBe('5 %');
    expect(formatTicks([0, 0.5, 1])).toEqual(['0', '0,5', '1']);
  });

  it('ticks share one unit and one precision', () => {
    expect(formatTicks([0, 5_000_000, 10_000_000])).toEqual(['0', '5M', '10M']);
    expect(formatTicks([0, 500, 1000, 1500])).toEqual(['0', '500', '1,000', '1,500']);
    expect(formatTicks([0, 5_000, 10_000])).toEqual(['0', '5K', '10K']);
    expect(formatTicks([998.5, 999.25, 1_000])).toEqual(['998.50', '999.25', '1,000.00']);
    expect(formatTicks([0, 10, 20])).toEqual(['0', '10', '20']);
    expect(formatTicks([0, 0.025, 0.05], 'percent')).toEqual(['0.0%', '2.5%', '5.0%']);
    expect(formatTicks([0, 0.5, 1], 'percent')).toEqual(['0%', '50%', '100%']);
    expect(formatTicks([0, 0.0005, 0.001], 'percent')).toEqual(['0.00%', '0.05%', '0.10%']);
  });

  it.each([
    [[0.125, 0.07, null], 'percent', ['12.5%', '7.0%', '—']],
    [[0.5, 0.07], 'percent', ['50%', '7%']],
    [[0.123456, 0.07], 'percent', ['12.35%', '7.00%']],
    [[6.895376757319, 12], null, ['6.90', '12.00']],
    [[3, 12], 'number', ['3', '12']],
    [[0.001, 12.5], 'number', ['0.001', '12.50']],
    [[1234.5, 2], 'currency_usd', ['$1,234.50', '$2.00']],
  ])('a column of %j as %s has one precision', (values, format, texts) => {
    const decimals = columnDecimals(values, format);
    expect(values.map((value) => formatNumber(value, format, 'full', decimals))).toEqual(texts);
  });

  it.each([
    [6.895376757319, null, '6.895376757319'],
    [336_776, 'integer', '336,776'],
    [6.895376757319, 'integer', '6.895376757319'],
    [0.1 + 0.2, 'number', '0.3'],
    [0.07, 'percent', '7%'],
    [0.123456789, '.1%', '12.3456789%'],
    [-1234.5678, 'currency_eur', '-€1,234.5678'],
    [1234.5678, 'duration_minutes', '1,234.5678 min'],
    [9_412_338, 'bytes', '9,412,338 B'],
    [0.00000012345, 'number', '0.00000012345'],
    [0, 'number', '0'],
    [null, 'number', '—'],
  ])('%s as %s is exactly %s', (value, format, text) => {
    expect(plain(formatExact(value, format))).toBe(text);
  });

  it.each([
    [110, 100, false, '▲ +10.0%', 'up', 'good'],
    [110, 100, true, '▲ +10.0%', 'up', 'bad'],
    [95.8, 100, false, '▼ -4.2%', 'down', 'bad'],
    [100.01, 100, false, '– 0%', 'flat', 'neutral'],
  ])(
    'delta of %s against %s (lower is better: %s) is %s',
    (now, before, lower, text, direction, tone) => {
      const delta = formatDelta(now, before, lower);
      expect(delta).toMatchObject({ direction, tone });
      expect(plain(delta?.text ?? '')).toBe(text);
    },
  );

  it('has no delta without something to compare with', () => {
    expect(formatDelta(1, 0)).toBeNull();
    expect(formatDelta(null, 1)).toBeNull();
  });

  it('counts in words', () => {
    expect(formatCount(1, 'row')).toBe('1 row');
    expect(formatCount(0, 'row')).toBe('0 rows');
    expect(formatCount(2, 'person', 'people')).toBe('2 people');
  });
});

describe('time', () => {
  const instant = '2013-01-01T04:30:00Z';

  it('is shown in the stated zone', () => {
    expect(formatInstant(instant, 'UTC', 'minute')).toBe('1 Jan 2013, 04:30');
    expect(formatInstant(instant, 'America/New_York', 'day')).toBe('31 Dec 2012');
  });

  it('follows the grain', () => {
    expect(formatInstant(instant, 'UTC', 'month')).toBe('Jan 2013');
    expect(formatInstant(instant, 'UTC', 'quarter')).toBe('Q1 2013');
    expect(formatInstant(instant, 'UTC', 'year')).toBe('2013');
    expect(formatInstantLong(instant, 'UTC', 'day')).toMatch(/^Tue,? 1 Jan 2013$/);
    expect(formatInstantLong(instant, 'UTC', 'hour')).toContain('UTC');
  });

  it.each<[string, Grain, string]>([
    ['2013-04-01T00:00:00Z', 'year', 'FY 2013/14'],
    ['2013-03-31T23:59:59Z', 'year', 'FY 2012/13'],
    ['1999-12-31T00:00:00Z', 'year', 'FY 1999/00'],
    ['2013-04-01T00:00:00Z', 'quarter', 'Q1 FY 2013/14'],
    ['2014-01-01T00:00:00Z', 'quarter', 'Q4 FY 2013/14'],
    ['2014-01-01T00:00:00Z', 'month', 'Jan 2014'],
    ['2014-01-01T00:00:00Z', 'day', '1 Jan 2014'],
  ])('where years begin in April, %s by %s is %s', (at, grain, text) => {
    setFormatCalendar({ yearStart: 4 });
    expect(formatInstant(at, 'UTC', grain)).toBe(text);
    expect(formatCell(at.slice(0, 10), { type: 'date', grain })).toBe(text);
    if (grain !== 'day') expect(formatInstantLong(at, 'UTC', grain)).toBe(text);
  });

  it('finds the year on the wall clock of the zone', () => {
    setFormatCalendar({ yearStart: 4 });
    const newYear = '2013-03-31T22:00:00Z';
    expect(formatInstant(newYear, 'Europe/Berlin', 'year')).toBe('FY 2013/14');
    expect(formatInstant(newYear, 'UTC', 'year')).toBe('FY 2012/13');
  });

  it('names the years of a question as the question has them', () => {
    setFormatCalendar({ yearStart: 4 });
    const column = { type: 'timestamp' as const, grain: 'year' as const };
    expect(formatCell('2013-01-01T00:00:00Z', { ...column, calendar: { yearStart: 1 } })).toBe(
      '2013',
    );
    expect(formatCell('2013-07-01T00:00:00Z', { ...column, calendar: { yearStart: 7 } })).toBe(
      'FY 2013/14',
    );
  });

  it('keeps a calendar date as it is', () => {
    expect(formatDate('2013-01-31')).toBe('31 Jan 2013');
    expect(formatDate(null)).toBe('—');
  });

  it('does not repeat what both ends of a range share', () => {
    expect(plain(formatRange('2013-01-01T00:00:00Z', '2013-03-31T00:00:00Z', 'UTC'))).toBe(
      '1 Jan – 31 Mar 2013',
    );
  });

  it('tells ages and durations', () => {
    const now = Date.parse('2026-11-22T12:00:00Z');
    expect(formatAge('2026-11-22T11:59:58Z', now)).toBe('just now');
    expect(formatAge('2026-11-22T11:57:00Z', now)).toBe('3 min ago');
    expect(formatAge('2026-11-21T11:57:00Z', now)).toBe('yesterday');
    expect(plain(formatElapsed(850))).toBe('850 ms');
    expect(plain(formatElapsed(200_000))).toBe('3 min 20 s');
  });

  it('knows zones', () => {
    expect(isZone('Europe/Berlin')).toBe(true);
    expect(isZone('Mars/Olympus')).toBe(false);
  });
});

describe('cells', () => {
  it.each([
    [null, { type: 'float' as const }, '—'],
    [0, { type: 'integer' as const }, '0'],
    [2013, { type: 'integer' as const, format: 'd' }, '2013'],
    [false, { type: 'boolean' as const }, 'No'],
    ['', { type: 'string' as const }, ''],
    [
      '2013-01-01T05:00:00Z',
      { type: 'timestamp' as const, grain: 'day' as const, zone: 'America/New_York' },
      '1 Jan 2013',
    ],
    ['2013-01-01', { type: 'date' as const, grain: 'month' as const }, 'Jan 2013'],
  ])('%s of %j is %s', (value, column, text) => {
    expect(formatCell(value, column)).toBe(text);
  });
});
