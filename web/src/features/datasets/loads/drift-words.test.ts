// What is not as before, in words.
import { describe, expect, it } from 'vitest';
import type { Drift } from '@/api/types';
import { drift } from '@/testing/contract-fixtures';
import { bySeverity, driftLabel, driftSentence, findingsOf, findingsOfColumn } from './drift-words';

describe('a finding', () => {
  it.each<[Partial<Drift>, string]>([
    [{}, 'dep_delay: more missing'],
    [{ before: 0.3, now: 0 }, 'dep_delay: fewer missing'],
    [{ column: null, kind: 'rows', before: 900, now: 20 }, 'Fewer rows'],
    [{ column: null, kind: 'rows', before: 20, now: 900 }, 'More rows'],
    [{ kind: 'distinct', before: 5, now: 50 }, 'dep_delay: more distinct values'],
    [
      {
        kind: 'distinct',
        before: 100,
        now: 180,
        message: '"dep_delay": 180 of 200 values are distinct, before all were',
      },
      'dep_delay: values repeat',
    ],
    [{ kind: 'range', before: [0, 1], now: [0, 9] }, 'dep_delay: outside the former range'],
    [{ kind: 'new_category' }, 'dep_delay: a frequent value is new'],
    [{ kind: 'missing_category' }, 'dep_delay: a frequent value is gone'],
    [{ kind: 'distribution', before: 0.1, now: 0.4 }, 'dep_delay: distributed otherwise'],
    [{ kind: 'season' as 'rows' }, 'dep_delay: not as before'],
  ])('%j: %s', (change, label) => {
    expect(driftLabel(drift(change))).toBe(label);
  });

  it('has the sentence of the server, without the column', () => {
    expect(driftSentence(drift())).toBe('31.0 % of the values are missing, before it were 2.0 %');
    expect(driftSentence(drift({ column: null, message: '20 rows, fewer than usual' }))).toBe(
      '20 rows, fewer than usual',
    );
    expect(driftSentence(drift({ column: 'a "b"', message: '"a \\"b\\"": values' }))).toBe(
      'Values',
    );
  });

  it('comes first where it warns', () => {
    const all = [drift({ severity: 'notice' }), drift(), drift({ column: 'dest' })];
    expect(bySeverity(all).map(({ severity }) => severity)).toEqual([
      'warning',
      'warning',
      'notice',
    ]);
    expect(findingsOfColumn({ drift: all }, 'dest')).toEqual([{ drift: all[2], count: 1 }]);
  });

  it('is told once where others of its column are told in the same words', () => {
    const gone = (severity: Drift['severity']) => drift({ kind: 'missing_category', severity });
    const all = [gone('notice'), drift(), gone('warning'), gone('notice')];
    const found = findingsOf(all);
    expect(found).toEqual([
      { drift: all[1], count: 1 },
      { drift: all[2], count: 3 },
    ]);
    expect(found.map(({ drift: one, count }) => driftLabel(one, count))).toEqual([
      'dep_delay: more missing',
      'dep_delay: 3 frequent values are gone',
    ]);
    expect(driftLabel(drift({ kind: 'new_category' }), 2)).toBe(
      'dep_delay: 2 frequent values are new',
    );
  });
});
