// What becomes of a text that is pasted into a list of values.
import { describe, expect, it } from 'vitest';
import { pastedValues } from './pasted-values';

const texts = (text: string) => pastedValues(text, false)?.values ?? null;
const numbers = (text: string) => pastedValues(text, true);

describe('a pasted list', () => {
  it('has a value on each line or in each cell', () => {
    expect(texts('UA\nDL\r\n\n B6 ')).toEqual(['UA', 'DL', 'B6']);
    expect(texts('UA\tDL')).toEqual(['UA', 'DL']);
    expect(texts('Atlanta, GA\nBoston, MA')).toEqual(['Atlanta, GA', 'Boston, MA']);
  });

  it('is one text where a comma may be a part of it', () => {
    expect(texts('Atlanta, GA')).toBeNull();
    expect(texts('Smith; Sons')).toBeNull();
    expect(texts('"Atlanta, GA')).toBeNull();
    expect(texts('')).toBeNull();
  });

  it('may be quoted', () => {
    expect(texts('"Atlanta, GA", "Boston, MA";"5"" pipe"')).toEqual([
      'Atlanta, GA',
      'Boston, MA',
      '5" pipe',
    ]);
    expect(numbers('"1","2"')).toEqual({ values: [1, 2], wrong: null });
    // Nothing is a text of its own, but no number.
    expect(texts('"","5"')).toEqual(['', '5']);
    expect(numbers('"","5"," ","6"')).toEqual({ values: [5, 6], wrong: null });
    expect(numbers('"","5"')).toBeNull();
  });

  it('has numbers, with all their digits', () => {
    expect(numbers('1, 2;-3.5')).toEqual({ values: [1, 2, -3.5], wrong: null });
    expect(numbers('9007199254740993\n4')).toEqual({
      values: ['9007199254740993', 4],
      wrong: null,
    });
  });

  it('has none where one is no number', () => {
    expect(numbers('1\nabc')).toEqual({ values: [], wrong: 'abc' });
    expect(numbers('1,234\n5')).toEqual({ values: [], wrong: '1,234' });
    expect(numbers('Infinity\n5')).toEqual({ values: [], wrong: 'Infinity' });
    expect(numbers('abc')).toBeNull();
  });
});
