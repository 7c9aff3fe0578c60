// Asks for the data of a page as soon as there is a session, beside drawing the page and not after it.
import { matchPath } from 'react-router';
import { onSessionChanged } from '@/api/reauth';
import { loadEarlyQuestions } from './page-chunks';
import { safeNext } from './session-gate';
import type { AppStore } from './store';

/** The path, with its search, that the visitor will see once they are signed in. */
export function destination({ pathname, search }: Pick<Location, 'pathname' | 'search'>): string {
  const isGuestPage = pathname === '/sign-in' || pathname === '/setup';
  return isGuestPage ? safeNext(new URLSearchParams(search).get('next')) : pathname + search;
}

async function askFor(store: AppStore, target: string): Promise<void> {
  const { pathname, search } = new URL(target, window.location.origin);
  const id = matchPath('/dashboards/:id', pathname)?.params.id;
  if (id === undefined) return;
  const { askDashboardEarly } = await loadEarlyQuestions();
  const screen = { width: window.innerWidth, height: window.innerHeight };
  await askDashboardEarly(store.dispatch, id, search, screen);
}

/** Once for every session that begins, not for every token that is renewed. */
export function askEarly(store: AppStore): () => void {
  let signedIn = false;
  return onSessionChanged((session) => {
    const begins = session !== null && !signedIn;
    signedIn = session !== null;
    // What fails here is asked again, and complained about, by the page that needs it.
    if (begins) askFor(store, destination(window.location)).catch(() => undefined);
  });
}
