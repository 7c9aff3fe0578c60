// The states of a card.
import { describe, expect, it } from 'vitest';
import { isLost } from '@/api/live-client';
import { problemOf } from '@/api/problem';
import type { StoredResult } from '@/api/result-store';
import { answer } from '@/testing/fake-engine';
import { cardState, isRefused, isStale, STALE_AFTER_MS } from './card-state';
import type { CardInput } from './card-state';

const result = answer({ measures: ['flights.count'] });
const stored: StoredResult = { key: 'k', result, version: 3, confirmedAt: 0, source: 'http' };
const empty: StoredResult = { ...stored, result: { ...result, row_count: 0 } };
const unseen: StoredResult = {
  ...stored,
  result: {
    ...result,
    provenance: {
      ...result.provenance,
      access: [{ dataset: 'flights', policies: [], no_rows: 'none is for you' }],
    },
  },
};
const time = { dimension: 'flights.time_hour', granularity: 'day' as const, fill: 'null' as const };
const filled = { measures: ['flights.count'], timeDimensions: [time] };
const overTime = answer(filled);
const gaps: StoredResult = {
  ...stored,
  result: {
    ...overTime,
    data: overTime.data.map((values, at) => (at === 0 ? values : values.map(() => null))),
  },
};
const down = problemOf('unavailable');

const base = { stored: null, outdated: false, problem: null, pending: false };

describe('cardState', () => {
  it.each([
    ['first load', { stored: null, pending: true }, { body: 'loading', refreshing: false }],
    ['ready', { stored }, { body: 'ready', refreshing: false, warning: null }],
    [
      'refreshing keeps the drawing',
      { stored, pending: true },
      { body: 'ready', refreshing: true },
    ],
    [
      'a changed query keeps the old drawing',
      { stored, outdated: true, pending: true },
      { body: 'ready', refreshing: true },
    ],
    [
      'failed refresh keeps the drawing',
      { stored, problem: down },
      { body: 'ready', warning: down },
    ],
    ['a changed query that failed', { stored, outdated: true, problem: down }, { body: 'error' }],
    ['first load failed', { problem: down }, { body: 'error' }],
    ['trying again', { problem: down, pending: true }, { body: 'loading' }],
    ['no rows', { stored: empty }, { body: 'empty' }],
    ['a count of what nobody may see', { stored: unseen }, { body: 'empty' }],
    ['cancelled is no failure', { problem: problemOf('aborted') }, { body: 'loading' }],
  ])('%s', (_, input, expected) => {
    expect(cardState({ ...base, ...input }, { measures: ['flights.count'] })).toMatchObject(
      expected,
    );
  });

  it('is empty where all that is there are filled buckets', () => {
    expect(cardState({ ...base, stored: gaps }, filled).body).toBe('empty');
    expect(cardState({ ...base, stored: { ...stored, result: overTime } }, filled).body).toBe(
      'ready',
    );
  });
});

describe('isStale', () => {
  it('is old only when nobody would have told us', () => {
    const late = STALE_AFTER_MS + 1;
    expect(isStale(0, isLost('live'), late)).toBe(false);
    expect(isStale(0, isLost('off'), late)).toBe(false);
    expect(isStale(0, isLost('connecting'), late)).toBe(false);
    expect(isStale(0, isLost('reconnecting'), late)).toBe(true);
    expect(isStale(0, isLost('disconnected'), late - 10)).toBe(false);
  });
});

describe('isRefused', () => {
  const refused = (part: Partial<CardInput>) => {
    const input: CardInput = { ...base, problem: problemOf('exhausted'), ...part };
    return isRefused(cardState(input, filled), input.problem);
  };

  it('is what the server does not answer as it was asked', () => {
    expect(refused({})).toBe(true);
    expect(refused({ problem: problemOf('invalid') })).toBe(true);
    // What is drawn answers another question.
    expect(refused({ stored, outdated: true })).toBe(true);
  });

  it('is nothing that failed, is on its way or has its answer', () => {
    expect(refused({ problem: down })).toBe(false);
    expect(refused({ problem: problemOf('denied') })).toBe(false);
    expect(refused({ pending: true })).toBe(false);
    expect(refused({ stored })).toBe(false);
  });
});
