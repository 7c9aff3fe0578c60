// Frames applied to a stored result.
import { describe, expect, it } from 'vitest';
import type { StoredResult } from '@/api/result-store';
import { answer } from '@/testing/fake-engine';
import { applyFrame, applyPatch } from './apply-frame';
import type { Patch } from './apply-frame';

const result = answer({ measures: ['flights.count'], dimensions: ['flights.origin'] });
const stored: StoredResult = { key: 'k', result, version: 3, confirmedAt: 0, source: 'live' };
const patch = (change: Partial<Patch>): Patch => ({
  type: 'patch',
  id: 's1',
  from: 3,
  to: 4,
  row_count: 3,
  changed: { indices: [], data: [[], []] },
  provenance: { ...result.provenance, version: 4 },
  ...change,
});

describe('applyPatch', () => {
  it('sets rows, and leaves the old result as it was', () => {
    const before = structuredClone(result.data);
    const next = applyPatch(result, patch({ changed: { indices: [1], data: [['JFK'], [7]] } }));
    expect(next?.data[1]?.[1]).toBe(7);
    expect(next?.provenance.version).toBe(4);
    expect(result.data).toEqual(before);
  });

  it('grows and cuts', () => {
    const grown = applyPatch(
      result,
      patch({ row_count: 4, changed: { indices: [3], data: [['HPN'], [1]] } }),
    );
    expect(grown?.data.map((column) => column[3])).toEqual(['HPN', 1]);
    expect(applyPatch(result, patch({ row_count: 1 }))?.data[0]).toHaveLength(1);
  });

  it('takes totals and the others as they are now', () => {
    const total = { by: [], columns: [], row_count: 1, truncated: false, bounds: [] };
    const [before, after] = [
      { ...total, data: [[1]] },
      { ...total, data: [[2]] },
    ];
    const next = applyPatch(
      { ...result, totals: [before], others: before },
      patch({ totals: [after], others: after }),
    );
    expect(next).toMatchObject({ totals: [after], others: after });
  });

  it('keeps totals and the others, which a patch says nothing of', () => {
    const others = { by: [], columns: [], data: [], row_count: 0, truncated: false, bounds: [] };
    const totals = [others];
    const next = applyPatch({ ...result, totals, others }, patch({}));
    expect(next).toMatchObject({ totals, others });
  });

  it.each([
    ['a hole', patch({ row_count: 5, changed: { indices: [4], data: [['A'], [1]] } })],
    ['a row outside', patch({ changed: { indices: [9], data: [['A'], [1]] } })],
    ['other columns', patch({ changed: { indices: [0], data: [[1]] } })],
    ['uneven columns', patch({ changed: { indices: [0, 1], data: [['A'], [1, 2]] } })],
  ])('refuses %s', (_, frame) => {
    expect(applyPatch(result, frame)).toBeNull();
  });
});

describe('applyFrame', () => {
  it('asks again when the patch does not continue our version', () => {
    expect(applyFrame('k', stored, 2, patch({}), 1).kind).toBe('resubscribe');
    expect(applyFrame('k', undefined, null, patch({}), 1).kind).toBe('resubscribe');
  });

  it('keeps the columns when nothing changed', () => {
    const frame = {
      type: 'unchanged' as const,
      id: 's1',
      from: 3,
      to: 5,
      provenance: { ...result.provenance, version: 5 },
    };
    const applied = applyFrame('k', stored, 3, frame, 9);
    expect(applied).toMatchObject({ kind: 'stored', entry: { version: 5, confirmedAt: 9 } });
    expect(applied.kind === 'stored' && applied.entry.result.data).toBe(result.data);
  });

  it('draws nothing again for a snapshot that repeats what is there', () => {
    const snapshot = (change: object) =>
      applyFrame(
        'k',
        { ...stored, source: 'http' },
        null,
        {
          type: 'snapshot',
          id: 's1',
          version: 3,
          result: { ...structuredClone(result), ...change },
        },
        9,
      );
    const same = snapshot({});
    expect(same).toMatchObject({ kind: 'stored', entry: { source: 'live', confirmedAt: 9 } });
    expect(same.kind === 'stored' && same.entry.result).toBe(result);
    const other = snapshot({ data: [result.data[0], (result.data[1] ?? []).map(() => 1)] });
    expect(other.kind === 'stored' && other.entry.result).not.toBe(result);
  });

  it('takes a snapshot of the same rows with another total', () => {
    const totals = [
      { by: [], columns: [], data: [[8]], row_count: 1, truncated: false, bounds: [] },
    ];
    const frame = {
      type: 'snapshot' as const,
      id: 's1',
      version: 3,
      result: { ...result, totals },
    };
    const applied = applyFrame('k', stored, null, frame, 9);
    expect(applied.kind === 'stored' && applied.entry.result.totals).toEqual(totals);
  });

  it('takes a snapshot of the same rows that other policies let through', () => {
    const access = [{ dataset: 'flights', policies: ['own_airport'] }];
    const applied = applyFrame(
      'k',
      stored,
      null,
      {
        type: 'snapshot',
        id: 's1',
        version: 3,
        result: { ...result, provenance: { ...result.provenance, access } },
      },
      9,
    );
    expect(applied.kind === 'stored' && applied.entry.result.provenance.access).toEqual(access);
  });

  it('does not turn a newer HTTP answer back', () => {
    const newer: StoredResult = { ...stored, version: 6, source: 'http' };
    expect(applyFrame('k', newer, 3, patch({}), 1)).toEqual({ kind: 'ahead', version: 4 });
  });
});
