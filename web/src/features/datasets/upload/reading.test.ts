// What is said of a file goes from the form to the API and back, and nothing is said that is usual.
import { describe, expect, it } from 'vitest';
import type { ReadOptions } from '@/api/types';
import { upload } from '@/testing/fixtures';
import { draftOf, isUnread, optionsOf } from './reading';

describe('how a file is written', () => {
  it('goes to the API and back', () => {
    const said: ReadOptions[] = [
      {},
      { quote: "'", escape: '\\', comment: '#', null_tokens: ['-999', 'n/a'] },
      { quote: 'none' },
      { delimiter: '\t', header: false, ragged_rows: 'fill', encoding: 'latin-1' },
      { header: true, sheet: 'Plan', cell_range: 'B2:F' },
      { encoding: 'utf-16le', json_path: '/data/items' },
    ];
    for (const options of said) expect(optionsOf(draftOf(options))).toEqual(options);
  });

  it('says nothing of an escape where nothing is quoted, nor of empty texts', () => {
    const draft = {
      ...draftOf({}),
      quote: 'none',
      escape: 'backslash',
      nullTokens: ' , ',
      jsonPath: ' ',
      cellRange: ' ',
    } as const;
    expect(optionsOf(draft)).toEqual({ quote: 'none' });
  });

  it('is not read yet where it says something else than the file was read by', () => {
    const { inference } = upload;
    const said = { ...draftOf({}), comment: '#' };
    expect(isUnread(inference, draftOf({}), {})).toBe(false);
    expect(isUnread(inference, said, {})).toBe(true);
    expect(isUnread(inference, said, { comment: '#' })).toBe(false);
    // What is only written in another way says the same.
    expect(isUnread(inference, { ...said, nullTokens: ' , ' }, { comment: '#' })).toBe(false);
    expect(isUnread({ ...inference, format: 'parquet' }, said, {})).toBe(false);
  });
});
