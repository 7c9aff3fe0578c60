// What an answer is compared with: of the same state, of another, and nothing at all.
import { describe, expect, it } from 'vitest';
import type { Problem, Provenance } from '@/api/types';
import { answer } from '@/testing/fake-engine';
import { problem } from '@/testing/fixtures';
import { comparisonGroup } from './comparison-words';

const now = answer({ measures: ['flights.count'] }).provenance;
const before: Provenance = {
  ...now,
  time_range: { from: '2012-01-01T05:00:00Z', to: '2013-01-01T05:00:00Z' },
};
const facts = (other: Provenance | Problem, of: Provenance = now): Record<string, string> =>
  Object.fromEntries(comparisonGroup(other, of).facts.map(({ name, value }) => [name, value]));

describe('what an answer is compared with', () => {
  it('is told with its range, version and exactness', () => {
    const found = facts(before);
    expect(found['Range']).toContain('2012');
    expect(found['Dataset']).toBe('flights, version 3');
    expect(found['Exact']).toBe('yes, every number');
    expect(found['State']).toBeUndefined();
  });

  it('says what it does not see', () => {
    const access = [{ dataset: 'flights', policies: ['own_airport'] }];
    expect(facts({ ...before, access })['Access']).toBe('Restricted by access policy own_airport');
  });

  it('says where it is of another state, or may be', () => {
    expect(facts({ ...before, version: 2 })['State']).toBe('another version');
    const several = { dataset: null, version: null };
    expect(facts({ ...before, ...several }, { ...now, ...several })['State']).toBe(
      'not known to be the same',
    );
  });

  it('is nothing where the question failed, and says why', () => {
    const group = comparisonGroup(problem(429, 'exhausted', 'Too much', 'over 10 rows'), now);
    expect(group).toEqual({
      title: 'Compared with',
      facts: [{ name: 'Nothing', value: 'Too much', hint: 'over 10 rows' }],
    });
  });
});
