// Columns in words.
import { describe, expect, it } from 'vitest';
import { factsOf, meanText, missingWords, valueText } from './profile-words';

describe('a mean', () => {
  it.each([
    [2.5, 'd', '2.5'],
    [2.5, ',d', '2.5'],
    [2_012.6412, 'd', '2012.64'],
    [2_012.6412, ',d', '2,012.64'],
    [2_012.6412, 'integer', '2,012.64'],
    [1_234.5, '.0f', '1234.5'],
    [0.0031, 'd', '0.0031'],
    [-0.5, 'integer', '\u22120.5'],
    [3, 'd', '3'],
    [12.6412, null, '12.64'],
    [0.1264, 'percent', '12.64%'],
    [12.6412, '.3f', '12.641'],
    [1_234.5, 'currency_usd', '$1,234.50'],
  ])('%f of values written as %s is %s', (mean, format, text) => {
    expect(meanText(mean, format)).toBe(text);
  });
});

describe('the facts of a column', () => {
  const column = { type: 'integer', nulls: 5, min: 1, max: 2_000, mean: 3.5 } as const;
  const told = { rows: 200, format: 'd', distinct: 'about 7' };

  it('are written as its values are', () => {
    expect(factsOf(column, told)).toEqual([
      ['Missing', '5 (2.5%)'],
      ['Distinct', 'about 7'],
      ['Smallest', '1'],
      ['Largest', '2000'],
      ['Mean', '3.5'],
    ]);
    expect(valueText('timestamp', null)('2013-01-01T05:00:00Z')).toMatch(/2013.*05:00$/);
  });

  it.each([
    [0, 0, 'None'],
    [1, 1, '1 (100%)'],
    [1, 1_000, '1 (0.1%)'],
    [3, 337_079, '3 (under 0.1%)'],
  ])('say of %d missing among %d: %s', (nulls, rows, text) => {
    expect(missingWords(nulls, rows)).toBe(text);
  });

  it('are the missing values where nothing else is known', () => {
    const nothing = { ...column, nulls: 0, min: null, max: null, mean: null };
    expect(factsOf(nothing, { ...told, rows: 0, distinct: null })).toEqual([['Missing', 'None']]);
  });
});
