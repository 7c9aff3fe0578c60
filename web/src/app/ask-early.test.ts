// The data of a dashboard comes beside its page: two rounds of requests after the session, and neither the code of the
// page nor the models are waited for. Counted, not timed.
import { waitFor } from '@testing-library/react';
import { delay, getResponse, http } from 'msw';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { adoptSession } from '@/api/reauth';
import { resultStore } from '@/api/result-store';
import type { SemanticQuery } from '@/api/types';
import { dashboardHandlers, resetDashboards } from '@/testing/dashboard-handlers';
import { session } from '@/testing/fixtures';
import { server } from '@/testing/server';
import { askEarly, destination } from './ask-early';
import { createStore } from './store';

// Code that never arrives.
vi.mock('./pages/dashboard-page', () => new Promise(() => undefined));

interface Asked {
  path: string;
  /** One more than the last round of which an answer had been sent. */
  round: number;
  query: SemanticQuery | null;
}

/** Notes every request with its round, then lets the mocked server answer. */
function watchRounds(): Asked[] {
  const asked: Asked[] = [];
  let answered = 0;
  server.use(
    http.all('*/api/v1/*', async ({ request }) => {
      const round = answered + 1;
      const path = new URL(request.url).pathname.replace('/api/v1', '');
      const query = path === '/queries' ? ((await request.clone().json()) as SemanticQuery) : null;
      asked.push({ path, round, query });
      if (path === '/models') await delay('infinite');
      const answer = await getResponse(dashboardHandlers, request);
      answered = Math.max(answered, round);
      return answer;
    }),
  );
  return asked;
}

let stop: () => void = () => undefined;

afterEach(() => {
  stop();
  resultStore.clear();
  window.history.replaceState(null, '', '/');
});

describe('early questions', () => {
  it('ask for the cards in the second round, comparisons in the third', async () => {
    resetDashboards(['w1', 'w5', 'w6', 'w12']);
    const asked = watchRounds();
    window.history.replaceState(null, '', '/sign-in?next=%2Fdashboards%2Fd1');
    stop = askEarly(createStore());
    adoptSession(session);
    // Two of the three cards in view compare; the table is far below.
    await waitFor(() => expect(asked.filter(({ query }) => query !== null)).toHaveLength(5));
    const rounds = (path: string) =>
      asked.filter((entry) => entry.path === path).map(({ round }) => round);
    expect(rounds('/dashboards/d1')).toEqual([1]);
    expect(rounds('/models')).toEqual([1]);
    expect(rounds('/queries').slice(0, 3)).toEqual([2, 2, 2]);
    const shifted = asked.slice(-2).map(({ query }) => query?.timeDimensions?.[0]?.dateRange);
    expect(shifted.every(Array.isArray)).toBe(true);
  });

  it('ask for the view of the address', async () => {
    resetDashboards(['w6']);
    const asked = watchRounds();
    window.history.replaceState(null, '', '/dashboards/d1?time=all&f=flights.origin:equals:JFK');
    stop = askEarly(createStore());
    adoptSession(session);
    await waitFor(() => expect(asked.some(({ query }) => query !== null)).toBe(true));
    const query = asked.find((entry) => entry.query !== null)?.query;
    expect(query?.timeDimensions).toBeUndefined();
    expect(query?.filters).toEqual([
      { member: 'flights.origin', operator: 'equals', values: ['JFK'] },
    ]);
  });

  it('know where signing in leads, and nowhere outside', () => {
    expect(
      destination({ pathname: '/sign-in', search: '?next=%2Fdashboards%2Fd1%3Ftime%3Dall' }),
    ).toBe('/dashboards/d1?time=all');
    expect(destination({ pathname: '/sign-in', search: '?next=//elsewhere.example' })).toBe('/');
    expect(destination({ pathname: '/dashboards/d1', search: '?w=w1' })).toBe(
      '/dashboards/d1?w=w1',
    );
  });
});
