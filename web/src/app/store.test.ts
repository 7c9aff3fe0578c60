// What one person has seen is gone when another signs in on the same screen, and stays when a token is renewed.
import { beforeEach, describe, expect, it } from 'vitest';
import { adoptSession, dropSession } from '@/api/reauth';
import { resultStore } from '@/api/result-store';
import { tenantChanged } from '@/api/session-slice';
import { answer } from '@/testing/fake-engine';
import { session } from '@/testing/fixtures';
import { formatInstant } from '@/lib/format';
import { createStore } from './store';

const key = 'the same question';
const colleague = { ...session, user: { ...session.user, id: 'somebody else' } };

describe('the next person on this screen', () => {
  beforeEach(() => {
    createStore();
    adoptSession(session);
    const result = answer({ measures: ['flights.count'] });
    resultStore.put({ key, result, version: 1, confirmedAt: 0, source: 'http' });
  });

  it('sees nothing that was answered to the one before', () => {
    dropSession();
    adoptSession(colleague);
    expect(resultStore.get(key)).toBeUndefined();
  });

  it('keeps what it has seen itself', () => {
    adoptSession({ ...session, access_token: 'renewed' });
    dropSession();
    adoptSession(session);
    expect(resultStore.get(key)).toBeDefined();
  });
});

describe('the calendar of the organisation', () => {
  it('names years from the sign-in on, and as it is changed', () => {
    const store = createStore();
    const year = () => formatInstant('2013-04-01T00:00:00Z', 'UTC', 'year');
    adoptSession({ ...session, tenant: { ...session.tenant, calendar: { yearStart: 4 } } });
    expect(year()).toBe('FY 2013/14');
    store.dispatch(tenantChanged({ ...session.tenant, calendar: { yearStart: 1 } }));
    expect(year()).toBe('2013');
  });
});
