// Viewing as somebody else: every request says so, nothing that one of the two was answered is shown to the other, and it is
// over with the session.
import { http, HttpResponse } from 'msw';
import { beforeEach, describe, expect, it } from 'vitest';
import { createStore } from '@/app/store';
import { formatCalendar, formatZone } from '@/lib/format/calendar';
import { answer } from '@/testing/fake-engine';
import { session } from '@/testing/fixtures';
import { gate } from '@/testing/gate';
import { server } from '@/testing/server';
import { downloadCsv } from './download-csv';
import { queryApi } from './query-api';
import { queryKey } from './query-key';
import { adoptSession, dropSession, refreshSession } from './reauth';
import { resultStore } from './result-store';
import { sessionApi } from './session-api';
import { sqlApi, sqlKey } from './sql-api';
import { usersApi } from './users-api';
import { getViewed, onViewAsChanged, viewAs, viewAsKey } from './view-as';

const ann = { id: 'u-ann', name: 'Ann' };
const query = { measures: ['flights.count'] };
const key = queryKey(query);

/** Path and header of every request. */
function watch(): string[] {
  const seen: string[] = [];
  server.use(
    http.all('*/api/v1/*', ({ request }) => {
      const path = new URL(request.url).pathname.replace('/api/v1', '');
      seen.push(
        `${request.method} ${path} ${request.headers.get('tidemill-view-as') ?? 'oneself'}`,
      );
      return undefined;
    }),
    http.post('*/api/v1/queries', () => HttpResponse.json(answer(query))),
  );
  return seen;
}

describe('view as', () => {
  let store: ReturnType<typeof createStore>;

  beforeEach(() => {
    sessionStorage.clear();
    store = createStore();
    adoptSession(session);
    resultStore.clear();
  });

  it('is said on every request, those that change something too', async () => {
    const seen = watch();
    viewAs(ann);
    await store.dispatch(queryApi.endpoints.runQuery.initiate(query));
    await downloadCsv(query, 'Flights');
    await store.dispatch(usersApi.endpoints.deleteUser.initiate('u3'));
    viewAs(null);
    await store.dispatch(queryApi.endpoints.runQuery.initiate(query, { forceRefetch: true }));
    expect(seen).toEqual([
      'POST /queries u-ann',
      'POST /queries u-ann',
      'DELETE /users/u3 u-ann',
      'POST /queries oneself',
    ]);
  });

  it('is not said where the session itself is meant, nor where people are chosen', async () => {
    const seen = watch();
    viewAs(ann);
    await refreshSession();
    await store.dispatch(usersApi.endpoints.listUsers.initiate());
    await store.dispatch(sessionApi.endpoints.signOut.initiate());
    expect(seen).toEqual([
      'POST /session/refresh oneself',
      'GET /users oneself',
      'DELETE /session oneself',
    ]);
  });

  it('forgets what was answered, and keeps what everybody may know', async () => {
    watch();
    await store.dispatch(sessionApi.endpoints.getBootstrap.initiate());
    await store.dispatch(queryApi.endpoints.runQuery.initiate(query));
    expect(resultStore.get(key)).toBeDefined();
    viewAs(ann);
    expect(resultStore.get(key)).toBeUndefined();
    expect(Object.keys(store.getState().api.queries)).toEqual(['getBootstrap(undefined)']);
    const { data } = sessionApi.endpoints.getBootstrap.select()(store.getState());
    expect(data?.version).toBe('0.1.0');
  });

  it.each([
    [
      'query',
      key,
      'queries',
      (to: typeof store) => to.dispatch(queryApi.endpoints.runQuery.initiate(query)),
    ],
    [
      'statement',
      sqlKey({ sql: 'select 1' }),
      'sql',
      (to: typeof store) => to.dispatch(sqlApi.endpoints.runSql.initiate({ sql: 'select 1' })),
    ],
  ])('drops the answer of a %s that was on its way', async (_, stored, path, ask) => {
    const [opened, open] = gate();
    server.use(
      http.post(`*/api/v1/${path}`, async () => {
        await opened;
        return HttpResponse.json(answer(query));
      }),
    );
    const asked = ask(store);
    viewAs(ann);
    open();
    await asked;
    expect(resultStore.get(stored)).toBeUndefined();
  });

  it('asks and writes by the zone and calendar of the one who is looked through', () => {
    viewAs(null);
    const own = {
      ...session,
      user: { ...session.user, calendar: { timezone: 'Asia/Tokyo', weekStart: 'sunday' as const } },
      tenant: { ...session.tenant, calendar: { timezone: 'Europe/Oslo', yearStart: 4 } },
    };
    adoptSession(own);
    expect(formatZone()).toBe('Asia/Tokyo');
    const seen: string[] = [];
    const stop = onViewAsChanged(() => seen.push(formatZone()));
    const dallas = { ...ann, calendar: { timezone: 'America/Chicago' } };
    viewAs(dallas);
    expect(formatCalendar()).toEqual({ timezone: 'America/Chicago', yearStart: 4 });
    const kept = sessionStorage.getItem(viewAsKey) ?? '';
    dropSession();
    sessionStorage.setItem(viewAsKey, kept);
    adoptSession(own);
    expect(getViewed()).toEqual(dallas);
    expect(formatZone()).toBe('America/Chicago');
    // Without one of their own it is that of the organisation, never that of who looks.
    viewAs({ id: 'u-bo', name: 'Bo', calendar: null });
    expect(formatCalendar()).toEqual({ timezone: 'Europe/Oslo', yearStart: 4 });
    viewAs(null);
    expect(formatZone()).toBe('Asia/Tokyo');
    stop();
    // Whoever draws anew because of it finds it done.
    expect(seen[0]).toBe('America/Chicago');
    expect(seen.at(-1)).toBe('Asia/Tokyo');
  });

  it('survives a page that is loaded anew, for the same person only', () => {
    viewAs(ann);
    const kept = sessionStorage.getItem(viewAsKey) ?? '';
    dropSession();
    sessionStorage.setItem(viewAsKey, kept);
    adoptSession(session);
    expect(getViewed()).toEqual(ann);
    // A renewed token changes nothing.
    adoptSession({ ...session, access_token: 'renewed' });
    expect(getViewed()).toEqual(ann);
    adoptSession({ ...session, user: { ...session.user, id: 'somebody else' } });
    expect(getViewed()).toBeNull();
    expect(sessionStorage.getItem(viewAsKey)).toBeNull();
  });

  it('holds through renewed tokens where the browser stores nothing', () => {
    viewAs(ann);
    sessionStorage.clear();
    adoptSession({ ...session, access_token: 'renewed' });
    expect(getViewed()).toEqual(ann);
  });

  it('is over at sign-out, and so is what was seen', async () => {
    watch();
    viewAs(ann);
    await store.dispatch(queryApi.endpoints.runQuery.initiate(query));
    await store.dispatch(sessionApi.endpoints.signOut.initiate());
    expect(getViewed()).toBeNull();
    expect(sessionStorage.getItem(viewAsKey)).toBeNull();
    expect(resultStore.get(key)).toBeUndefined();
    adoptSession(session);
    expect(getViewed()).toBeNull();
  });
});
