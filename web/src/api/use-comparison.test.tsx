// What an answer is compared with while new states come faster than answers: what is known stays, what is on its way is awaited,
// the newest state is asked for at most every few seconds, and another question begins anew.
import { act, screen } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { useEffect, useState } from 'react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { answer } from '@/testing/fake-engine';
import { problem } from '@/testing/fixtures';
import { gate } from '@/testing/gate';
import { renderApp } from '@/testing/render-app';
import { server } from '@/testing/server';
import type { AsOf, SemanticQuery } from './types';
import { resultStore } from './result-store';
import { COMPARED_EVERY_MS, useComparison } from './use-comparison';

const question: SemanticQuery = { measures: ['flights.count'], limit: 61 };
const other: SemanticQuery = { ...question, limit: 62 };

let compare: (before: SemanticQuery | null) => void;
let retry: () => void;
let asked: string[];
let refused: number[];
let [opened, letGo] = gate();

function Compared() {
  const [before, setBefore] = useState<SemanticQuery | null>({ ...question, asOf: 1 });
  const comparison = useComparison(before, true);
  useEffect(() => {
    compare = (query) => act(() => setBefore(query));
    retry = () => act(comparison.retry);
  });
  const { stored, problem: why } = comparison;
  return <p>{why?.title ?? stored?.result.provenance.version ?? 'nothing'}</p>;
}

const next = (asOf: AsOf, of = question): void => compare({ ...of, asOf });
const shown = () => screen.getByRole('paragraph').textContent;
const hold = (): void => {
  [opened, letGo] = gate();
};
const pass = (ms = COMPARED_EVERY_MS) => act(() => vi.advanceTimersByTimeAsync(ms));

describe('a comparison', () => {
  beforeEach(() => {
    // Time goes on by itself as well, because answers take some.
    vi.useFakeTimers({
      toFake: ['setTimeout', 'clearTimeout', 'Date'],
      shouldAdvanceTime: true,
    });
    asked = [];
    refused = [];
    hold();
    server.use(
      http.post('*/api/v1/queries', async ({ request }) => {
        const query = (await request.json()) as SemanticQuery;
        const version = Number(query.asOf);
        asked.push(`${query.limit} of ${version}`);
        await opened;
        return refused.includes(version)
          ? HttpResponse.json(problem(400, 'invalid', `Version ${version} is gone`), {
              status: 400,
            })
          : HttpResponse.json(answer(query, version));
      }),
    );
    renderApp(<Compared />);
  });
  afterEach(() => {
    vi.useRealTimers();
    resultStore.clear();
  });

  it('is awaited while states go by, and then asked for the newest', async () => {
    await expect.poll(() => asked).toEqual(['61 of 1']);
    next(2);
    await pass();
    next(3);
    await pass();
    expect(asked).toEqual(['61 of 1']);
    letGo();
    // Before anybody looks: the next question is asked as soon as this one is answered.
    hold();
    await expect.poll(shown).toBe('1');
    await expect.poll(() => asked).toEqual(['61 of 1', '61 of 3']);
    expect(shown()).toBe('1');
    letGo();
    await expect.poll(shown).toBe('3');
    expect(asked).toHaveLength(2);
  });

  it('is not asked again at once, however fast it is answered', async () => {
    letGo();
    await expect.poll(shown).toBe('1');
    next(2);
    next(3);
    await pass(COMPARED_EVERY_MS / 2);
    expect(asked).toEqual(['61 of 1']);
    expect(shown()).toBe('1');
    next(4);
    await pass(COMPARED_EVERY_MS / 2);
    await expect.poll(shown).toBe('4');
    expect(asked).toEqual(['61 of 1', '61 of 4']);
  });

  it('goes on with the end of a period that is still running, no faster than with its state', async () => {
    const until = (end: string): SemanticQuery => ({
      ...question,
      timeDimensions: [
        { dimension: 'flights.time_hour', dateRange: ['2013-10-01T04:00:00.000Z', end] },
      ],
    });
    next(0, until('2013-10-10T14:00:00.000Z'));
    letGo();
    await expect.poll(shown).toBe('0');
    next(1, until('2013-10-10T15:00:00.000Z'));
    await pass(COMPARED_EVERY_MS / 2);
    expect(shown()).toBe('0');
    expect(asked.at(-1)).toBe('61 of 0');
    await pass(COMPARED_EVERY_MS / 2);
    await expect.poll(shown).toBe('1');
  });

  it('goes on with the time of the answer in the same state, no faster either', async () => {
    const until = (end: string): SemanticQuery => ({
      ...question,
      timeDimensions: [
        { dimension: 'flights.time_hour', dateRange: ['2013-10-01T04:00:00.000Z', end] },
      ],
    });
    next(5, until('2013-10-10T14:00:00.000Z'));
    letGo();
    await expect.poll(shown).toBe('5');
    const before = asked.length;
    next(5, until('2013-10-10T14:00:01.000Z'));
    next(5, until('2013-10-10T14:00:02.000Z'));
    await pass(COMPARED_EVERY_MS / 2);
    expect(asked).toHaveLength(before);
    await pass(COMPARED_EVERY_MS / 2);
    await expect.poll(() => asked.length).toBe(before + 1);
  });

  it('says why it failed until a later state is answered', async () => {
    refused = [1];
    letGo();
    await expect.poll(shown).toBe('Version 1 is gone');
    next(2);
    expect(shown()).toBe('Version 1 is gone');
    await pass();
    await expect.poll(shown).toBe('2');
    refused = [3];
    next(3);
    await pass();
    await expect.poll(shown).toBe('Version 3 is gone');
    next(4);
    // Whoever wants it again gets the newest, and at once.
    retry();
    await expect.poll(shown).toBe('4');
    expect(asked).toEqual(['61 of 1', '61 of 2', '61 of 3', '61 of 4']);
  });

  it('is of another question at once, and of none', async () => {
    letGo();
    await expect.poll(shown).toBe('1');
    next(2);
    hold();
    next(2, other);
    expect(shown()).toBe('nothing');
    await expect.poll(() => asked).toEqual(['61 of 1', '62 of 2']);
    letGo();
    await expect.poll(shown).toBe('2');
    compare(null);
    expect(shown()).toBe('nothing');
  });

  it('is of an earlier state at once, which somebody chose', async () => {
    letGo();
    await expect.poll(shown).toBe('1');
    next(0);
    await expect.poll(shown).toBe('0');
  });
});
