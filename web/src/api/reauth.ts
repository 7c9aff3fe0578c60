// Refreshing the session through the cookie. Every caller that needs a fresh token shares one
// request, because a refresh token that is used twice ends the whole family of sessions.
import { problemFromBody, problemOf } from './problem';
import { clearAccessToken, getAccessToken, setAccessToken } from './session-token';
import type { Problem, Session } from './types';

export const apiBase = '/api/v1';

export type Refreshed = { session: Session } | { problem: Problem };

let inFlight: Promise<Refreshed> | null = null;
const sessionListeners = new Set<(session: Session | null) => void>();
const keepers = new Set<() => void>();
let person: string | null = null;

// The store listens here: a new session, or null when there is none any more.
export function onSessionChanged(listener: (session: Session | null) => void): () => void {
  sessionListeners.add(listener);
  return () => sessionListeners.delete(listener);
}

// Whoever keeps what one person has seen listens here: another one has signed in on this screen, or the same in another
// tenant, and may see nothing of it.
export function onPersonChanged(listener: () => void): void {
  keepers.add(listener);
}

/** What was answered counts no more: the organisation has another calendar. */
export function forgetAnswers(): void {
  keepers.forEach((forget) => forget());
}

export function adoptSession(session: Session): void {
  const next = `${session.tenant.id} ${session.user.id}`;
  if (person !== null && person !== next) forgetAnswers();
  person = next;
  setAccessToken(session.access_token, session.expires_in_seconds);
  sessionListeners.forEach((listener) => listener(session));
}

export function dropSession(): void {
  clearAccessToken();
  sessionListeners.forEach((listener) => listener(null));
}

async function requestRefresh(): Promise<Refreshed> {
  try {
    const response = await fetch(`${window.location.origin}${apiBase}/session/refresh`, {
      method: 'POST',
      credentials: 'same-origin',
      headers: { accept: 'application/json' },
    });
    if (response.ok) return { session: (await response.json()) as Session };
    const body: unknown = await response.json().catch(() => null);
    return {
      problem: problemFromBody(response.status, body, response.headers.get('x-request-id')),
    };
  } catch {
    return { problem: problemOf('network', 'Check the connection, then try again.') };
  }
}

// Several tabs share the cookie, so they take turns where the browser can lock.
async function refreshInTurn(): Promise<Refreshed> {
  const locks = globalThis.navigator?.locks;
  const refreshed = locks
    ? await locks.request('tidemill-session-refresh', requestRefresh)
    : await requestRefresh();
  if ('session' in refreshed) adoptSession(refreshed.session);
  else if (refreshed.problem.code !== 'network' && refreshed.problem.status < 500) dropSession();
  return refreshed;
}

export function refreshSession(): Promise<Refreshed> {
  inFlight ??= refreshInTurn().finally(() => {
    inFlight = null;
  });
  return inFlight;
}

// For requests outside RTK Query (upload progress, downloads): runs once, and once more after a refresh on 401.
export async function withFreshToken<T>(
  run: (token: string | null) => Promise<T>,
  isUnauthenticated: (answer: T) => boolean,
): Promise<T> {
  const used = getAccessToken();
  const answer = await run(used);
  if (!isUnauthenticated(answer)) return answer;
  if (getAccessToken() !== used) return run(getAccessToken());
  const refreshed = await refreshSession();
  return 'session' in refreshed ? run(refreshed.session.access_token) : answer;
}
