// The mean of a column in words.
import { describe, expect, it } from 'vitest';
import { meanText } from './profile-words';

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
