// The access token is refreshed once on 401, whoever asks, and a lost session ends quietly.
import { http, HttpResponse } from 'msw';
import { beforeEach, describe, expect, it } from 'vitest';
import { createStore } from '@/app/store';
import { session } from '@/testing/fixtures';
import { refuse } from '@/testing/handlers';
import { mockState } from '@/testing/mock-state';
import { server } from '@/testing/server';
import { baseApi } from './base-api';
import { toProblem } from './problem';
import { adoptSession, refreshSession } from './reauth';
import { getAccessToken, onAccessTokenChanged } from './session-token';

const probe = baseApi.injectEndpoints({
  endpoints: (build) => ({
    probe: build.query<{ ok: true }, number>({ query: (n) => `/probe/${n}` }),
  }),
});

// Accepts refreshed tokens only.
function guardProbe() {
  const seen: (string | null)[] = [];
  server.use(
    http.get('*/api/v1/probe/:n', ({ request }) => {
      const token = request.headers.get('authorization');
      seen.push(token);
      return token?.startsWith('Bearer token-r')
        ? HttpResponse.json({ ok: true })
        : refuse(401, 'unauthenticated', 'The token has expired');
    }),
  );
  return seen;
}

describe('reauth', () => {
  let store: ReturnType<typeof createStore>;
  const ask = (n: number) => store.dispatch(probe.endpoints.probe.initiate(n));

  beforeEach(() => {
    store = createStore();
    adoptSession(session);
  });

  it('refreshes once on 401 and asks again', async () => {
    const seen = guardProbe();
    const answer = await ask(1);
    expect(answer.data).toEqual({ ok: true });
    expect(seen).toEqual(['Bearer token-1', 'Bearer token-r1']);
    expect(mockState.refreshes).toBe(1);
  });

  it('shares one refresh between requests that fail together', async () => {
    guardProbe();
    const answers = await Promise.all([1, 2, 3, 4].map(ask));
    expect(answers.every((answer) => answer.data?.ok)).toBe(true);
    expect(mockState.refreshes).toBe(1);
  });

  it('does not refresh for another failure', async () => {
    server.use(http.get('*/api/v1/probe/:n', () => refuse(403, 'denied', 'Editors only')));
    const answer = await ask(1);
    expect(toProblem(answer.error)).toMatchObject({ code: 'denied', request_id: 'req-7f3a' });
    expect(mockState.refreshes).toBe(0);
  });

  it('signs out when the session is gone, and drops the token', async () => {
    guardProbe();
    mockState.signedIn = false;
    const answer = await ask(1);
    expect(toProblem(answer.error).code).toBe('unauthenticated');
    expect(store.getState().session.status).toBe('signed_out');
    expect(getAccessToken()).toBeNull();
  });

  it('keeps the session when the server is only out of reach', async () => {
    server.use(http.post('*/api/v1/session/refresh', () => HttpResponse.error()));
    expect(await refreshSession()).toMatchObject({ problem: { code: 'network' } });
    expect(store.getState().session.status).toBe('signed_in');
  });

  it('tells listeners about every new token', async () => {
    const tokens: (string | null)[] = [];
    const stop = onAccessTokenChanged((token) => tokens.push(token));
    await refreshSession();
    stop();
    await refreshSession();
    expect(tokens).toEqual(['token-r1']);
  });

  it('forgets answers of one tenant when another signs in', async () => {
    guardProbe();
    await ask(1);
    expect(Object.keys(store.getState().api.queries)).toHaveLength(1);
    adoptSession({
      ...session,
      tenant: { ...session.tenant, id: 't2', slug: 'other', name: 'Other' },
    });
    expect(Object.keys(store.getState().api.queries)).toHaveLength(0);
  });
});
