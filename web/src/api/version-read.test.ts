// The number that tells which of two answers is of newer data.
import { describe, expect, it } from 'vitest';
import { answer } from '@/testing/fake-engine';
import { ResultStore } from './result-store';
import type { StoredResult } from './result-store';
import { versionRead } from './version-read';

const source = (dataset: string, version: number) => ({ dataset, version, complete_until: null });

const cases: [string, Parameters<typeof versionRead>[0], number][] = [
  ['one dataset', { version: 3 }, 3],
  ['the first version', { version: 0 }, 0],
  ['several', { version: null, sources: [source('orders', 3), source('returns', 4)] }, 7],
  ['none', { version: null }, 0],
];

describe('versionRead', () => {
  it.each(cases)('of %s', (_, provenance, expected) => {
    expect(versionRead(provenance)).toBe(expected);
  });

  it('lets an answer of several datasets take the place of an older frame, and of no newer one', () => {
    const result = answer({ measures: ['flights.count'], dimensions: ['flights.origin'] });
    const several = { version: null, sources: [source('orders', 3), source('returns', 4)] };
    const version = versionRead(several);
    const stored = (at: number, from: StoredResult['source']): StoredResult => ({
      key: 'k',
      result,
      version: at,
      confirmedAt: 0,
      source: from,
    });
    const store = new ResultStore();
    store.put(stored(6, 'live'));
    store.put(stored(version, 'http'));
    expect(store.get('k')?.version).toBe(7);
    store.put(stored(8, 'live'));
    store.put(stored(version, 'http'));
    expect(store.get('k')?.version).toBe(8);
  });
});
