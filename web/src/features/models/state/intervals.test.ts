// Widths of buckets: read, written, and in words.
import { describe, expect, it } from 'vitest';
import { asUnit, countsOf, intervalWords, readInterval, writeInterval } from './intervals';

describe('a width', () => {
  it.each([
    ['day', { count: 1, unit: 'day' }],
    ['1 month', { count: 1, unit: 'month' }],
    ['15 minutes', { count: 15, unit: 'minute' }],
    ['2 weeks', { count: 2, unit: 'week' }],
  ])('%s is read', (text, interval) => {
    expect(readInterval(text)).toEqual(interval);
  });

  it('is none for other words', () => {
    expect(readInterval('fortnight')).toBeNull();
    expect(readInterval('')).toBeNull();
  });

  it('is written as the server writes it', () => {
    expect(writeInterval({ count: 1, unit: 'hour' })).toBe('hour');
    expect(writeInterval({ count: 6, unit: 'hour' })).toBe('6 hours');
  });

  it('keeps its number in another unit only where that can be had', () => {
    expect(asUnit({ count: 4, unit: 'month' }, 'hour')).toEqual({ count: 4, unit: 'hour' });
    expect(asUnit({ count: 15, unit: 'minute' }, 'hour')).toEqual({ count: 1, unit: 'hour' });
    expect(countsOf('hour')).toEqual([1, 2, 3, 4, 6, 8, 12]);
    expect(countsOf('week')).toBeNull();
  });
});

it.each([
  [{ interval: '15 minutes' }, '15 minutes, counted from the full hour.'],
  [{ interval: '6 hours' }, '6 hours, counted from midnight.'],
  [{ interval: '8 hours', origin: '2024-01-01T06:00' }, '8 hours, counted from 06:00.'],
  [{ interval: '2 weeks', origin: '2024-01-02' }, '2 weeks, counted from 2024-01-02.'],
  [{ interval: '2 weeks from 2024-01-02' }, '2 weeks, counted from 2024-01-02.'],
  [{ interval: 'year', origin: '2024-10-01' }, 'One year, counted from 2024-10-01.'],
  [{ interval: '10 days' }, '10 days, counted from Monday, 3 January 2000.'],
  [{ interval: '' }, 'It needs a width, such as 15 minutes or 2 weeks.'],
])('%j in words', (granularity, words) => {
  expect(intervalWords(granularity)).toBe(words);
});
