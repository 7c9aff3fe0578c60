// What is said of a file goes from the form to the API and back, and nothing is said that is usual.
import { describe, expect, it } from 'vitest';
import type { ReadOptions } from '@/api/types';
import { draftOf, optionsOf } from './reading';

describe('how a file is written', () => {
  it('goes to the API and back', () => {
    const said: ReadOptions[] = [
      {},
      { quote: "'", escape: '\\', comment: '#', null_tokens: ['-999', 'n/a'] },
      { quote: 'none' },
    ];
    for (const options of said) expect(optionsOf(draftOf(options))).toEqual(options);
  });

  it('says nothing of an escape where nothing is quoted, nor of empty texts', () => {
    const draft = { quote: 'none', escape: 'backslash', comment: '', nullTokens: ' , ' } as const;
    expect(optionsOf(draft)).toEqual({ quote: 'none' });
  });
});
