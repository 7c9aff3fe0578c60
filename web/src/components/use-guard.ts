// Leaving asks while there is something that is not saved: the browser where the application is left, the page where only this
// place in it is. Ways inside are links, tabs and shortcuts, which all go through the navigator of the router, and the
// browser's own back and forward. `useBlocker` would need a data router, which everybody downloads who signs in.
import { useContext, useEffect, useState } from 'react';
import { UNSAFE_NavigationContext, useLocation } from 'react-router';
import type { Navigator, To } from 'react-router';

type Go = () => void;

/** As the router counts the entries of this tab; null for one that is not its own. */
const entry = (): number | null => (window.history.state as { idx?: number } | null)?.idx ?? null;

/** Hands over what would leave `here` instead of doing it, until the returned function is called. */
function guard(navigator: Navigator, here: string, ask: (go: Go) => void): () => void {
  const { push, replace } = navigator;
  const hrefOf = (to: To): string => navigator.createHref(to).split('#')[0] ?? '';
  const asking =
    (go: typeof push): typeof push =>
    (to, ...rest) => {
      if (hrefOf(to) === hrefOf(here)) go(to, ...rest);
      else ask(() => go(to, ...rest));
    };
  navigator.push = asking(push);
  navigator.replace = asking(replace);

  // Back and forward have been done when they are told of: they are undone, and done again once that is wanted.
  const at = entry();
  let returning = false;
  let leaving = false;
  const popped = (event: PopStateEvent): void => {
    const now = entry();
    if (leaving || at === null || now === null || (now === at && !returning)) return;
    event.stopImmediatePropagation();
    if (now === at) {
      returning = false;
      return;
    }
    window.history.go(at - now);
    returning = true;
    ask(() => {
      leaving = true;
      window.history.go(now - at);
    });
  };
  window.addEventListener('popstate', popped, { capture: true });
  return () => {
    Object.assign(navigator, { push, replace });
    window.removeEventListener('popstate', popped, { capture: true });
  };
}

/** Where somebody wants to go; null while nobody does. */
export interface Leaving {
  leave: Go;
  stay: Go;
}

let unsaved = 0;

/** Something on this page would be lost if it were taken away. */
export const hasUnsaved = (): boolean => unsaved > 0;

export function useGuard(changed: boolean): Leaving | null {
  const { navigator } = useContext(UNSAFE_NavigationContext);
  const { pathname, search } = useLocation();
  const here = pathname + search;
  const [go, setGo] = useState<Go | null>(null);
  useEffect(() => {
    if (!changed) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', ask);
    unsaved += 1;
    const release = guard(navigator, here, (wanted) => setGo(() => wanted));
    return () => {
      unsaved -= 1;
      window.removeEventListener('beforeunload', ask);
      release();
    };
  }, [changed, navigator, here]);
  if (go === null) return null;
  const stay = (): void => setGo(null);
  return {
    stay,
    leave: () => {
      stay();
      go();
    },
  };
}
