// Two versions in the address, and what lies between them.
import { describe, expect, it } from 'vitest';
import { changesOf, flightsVersions } from '@/testing/version-fixtures';
import { commitsInWords, difference, readPair } from './compare-words';

describe('two versions', () => {
  it.each([
    ['from=1&to=3', { from: 1, to: 3 }],
    ['from=3&to=1', { from: 1, to: 3 }],
    ['from=3', { from: 3, to: 4 }],
    ['to=3', null],
    ['from=x', null],
    ['from=-1', null],
    ['', null],
  ])('%j of five: %j', (search, pair) => {
    expect(readPair(new URLSearchParams(search), 4)).toEqual(pair);
  });

  it('differ by what came and went between them', () => {
    const changes = changesOf(0, 4);
    expect(difference(changes)).toBe(2);
    expect(difference({ ...changes, rows_removed: null })).toBeNull();
    expect(commitsInWords(changes.commits)).toBe(
      '1 commit of loads, 1 compaction, 1 deletion, 1 change of settings',
    );
    expect(commitsInWords([...flightsVersions, ...flightsVersions])).toContain(
      '4 commits of loads, 2 compactions',
    );
    expect(commitsInWords([])).toBe('nothing');
  });
});
