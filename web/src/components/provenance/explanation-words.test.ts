// The words of explanations: of one dataset, of several and of none, over a budget, and for who sees some rows only.
import { describe, expect, it } from 'vitest';
import type { Explanation } from '@/api/types';
import { explanation } from '@/testing/dashboard-fixtures';
import { explanationGroups, explanationLine } from './explanation-words';

const facts = (change: Partial<Explanation> = {}): Record<string, string> =>
  Object.fromEntries(
    explanationGroups({ ...explanation, ...change })
      .flatMap((group) => group.facts)
      .map(({ name, value }) => [name, value]),
  );
const plain = (text = ''): string => text.replaceAll('\u00a0', ' ');

/** As the server tells it to who sees some rows only. */
const restricted: Partial<Explanation> = {
  segments_total: 0,
  segments_pruned: 0,
  segments_kept: 0,
  segments_by_rollup: 0,
  segments_from_rows: 0,
  rows: 12,
  bytes: 96,
  estimated_ms: null,
  aggregates: [],
  rollups: [],
  plan: '',
};

describe('explanations in words', () => {
  it('say what would be read, for how long, and by which rollups', () => {
    const found = facts();
    expect(found['Dataset']).toBe('flights, version 3');
    expect(found['Segments']).toBe('9 answers kept, 2 by rollups, 1 from rows, 2 skipped, of 14');
    expect(plain(found['To be read'])).toBe('28,279 rows, 1.2 MB');
    expect(found['About']).toBe('12 ms');
    expect(plain(found['Budget'])).toBe('1,000,000 rows: within');
    expect(found['carriers']).toBe('not used: it does not keep tailnum');
  });

  it.each<[string, Partial<Explanation>, string, string]>([
    ['several datasets', { dataset: 'flights, planes', version: 0 }, 'Dataset', 'flights, planes'],
    ['no dataset', { dataset: '', version: 0 }, 'Dataset', 'none'],
    ['no budget', { budget: {} }, 'Budget', 'none'],
    ['a budget that is over', { within_budget: false }, 'Budget', '1,000,000 rows: over'],
    ['two bounds', { budget: { rows: 1, bytes: 1_000 } }, 'Budget', '1 row and 1 KB: within'],
    ['a bound of cost', { budget: { cost: 5 } }, 'Budget', '5 units of cost: within'],
    ['what it costs', { budget: { cost: 5 } }, 'To be read', '28,279 rows, 1.2 MB, 1 unit of cost'],
    ['what to ask instead', { suggestions: ['ask by day'] }, 'Instead', 'ask by day'],
    ['what is quick', { estimated_ms: 0.2 }, 'About', 'less than a millisecond'],
    ['what is looked at', restricted, 'Looked at', '12 rows, 96 B'],
  ])('say of %s', (_name, change, fact, text) => {
    expect(plain(facts(change)[fact])).toBe(text);
  });

  it('make neither a time nor segments of what is not told', () => {
    const found = facts(restricted);
    expect(found['About']).toBeUndefined();
    expect(found['Segments']).toBeUndefined();
    expect(found['To be read']).toBeUndefined();
  });

  it('are a sentence', () => {
    expect(plain(explanationLine(explanation))).toBe(
      'Would read 28,279 rows, 1.2 MB, in about 12 ms',
    );
    expect(plain(explanationLine({ ...explanation, ...restricted, within_budget: false }))).toBe(
      'Would look at 12 rows, 96 B of what you see; over the budget',
    );
  });
});
