// What one person has seen is gone when another signs in on the same screen, and stays when a token is renewed.
import { beforeEach, describe, expect, it } from 'vitest';
import { adoptSession, dropSession } from '@/api/reauth';
import { resultStore } from '@/api/result-store';
import { answer } from '@/testing/fake-engine';
import { session } from '@/testing/fixtures';
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
