// Asks for the data of a page as soon as there is a session, beside drawing the page and not after it.
import { onSessionChanged } from '@/api/reauth';
import { loadEarlyQuestions, pageOf } from './page-chunks';
import { safeNext } from './session-gate';
import type { AppStore } from './store';

/** The path, with its search, that the visitor will see once they are signed in. */
export function destination({ pathname, search }: Pick<Location, 'pathname' | 'search'>): string {
  const isGuestPage = pathname === '/sign-in' || pathname === '/setup';
  return isGuestPage ? safeNext(new URLSearchParams(search).get('next')) : pathname + search;
}

/** Once for every session that begins, not for every token that is renewed. */
export function askEarly(store: AppStore): () => void {
  let signedIn = false;
  return onSessionChanged((session) => {
    const begins = session !== null && !signedIn;
    signedIn = session !== null;
    const target = destination(window.location);
    if (!begins || pageOf(target) !== 'dashboard') return;
    // What fails here is asked again, and complained about, by the page that needs it.
    loadEarlyQuestions()
      .then(({ askPathEarly }) => askPathEarly(store.dispatch, target))
      .catch(() => undefined);
  });
}
