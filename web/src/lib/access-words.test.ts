// What policies did to an answer, in words.
import { describe, expect, it } from 'vitest';
import type { AppliedAccess, QueryResult } from '@/api/types';
import { answer } from '@/testing/fake-engine';
import { nothingSeen, restrictedBy } from './access-words';

const some = answer({ measures: ['flights.count'] });
const result = (access: AppliedAccess[], change: Partial<QueryResult> = {}): QueryResult => ({
  ...some,
  ...change,
  provenance: { ...some.provenance, access },
});
const own: AppliedAccess = { dataset: 'flights', policies: ['own_airport'] };
const unset = { ...own, no_rows: 'your attribute country is not set' };
const other = {
  dataset: 'airports',
  policies: [],
  no_rows: 'no access policy of airports is for you',
};

describe('why there is nothing', () => {
  it.each<[string, QueryResult, string | null]>([
    ['an answer that is seen as a whole', some, null],
    ['rows of which some are seen', result([own]), null],
    ['no rows, of which none matched', result([own], { row_count: 0 }), null],
    ['no rows', result([unset], { row_count: 0 }), 'Your attribute country is not set.'],
    ['a count of nothing', result([unset]), 'Your attribute country is not set.'],
    ['a joined dataset, beside rows', result([own, other]), null],
    [
      'several datasets without rows',
      result([unset, other], { row_count: 0 }),
      'Your attribute country is not set. No access policy of airports is for you.',
    ],
  ])('of %s', (_, given, words) => {
    expect(nothingSeen(given)).toBe(words);
  });
});

describe('what restricts an answer', () => {
  it.each<[AppliedAccess[], string | null]>([
    [[], null],
    [[own], 'Restricted by access policy own_airport'],
    [[own, own, { ...own, policies: ['b'] }], 'Restricted by access policies own_airport, b'],
    [[other], 'Restricted by access policies'],
  ])('%j', (access, words) => {
    expect(restrictedBy(result(access).provenance)).toBe(words);
  });

  it('is nothing where the server says nothing', () => {
    expect(restrictedBy(some.provenance)).toBeNull();
  });
});
