// "View as": an admin sees what somebody else of the organisation sees, and changes nothing meanwhile. Kept for this tab
// alone, also when it is loaded anew; over when the session is.
import { useSyncExternalStore } from 'react';
import { onSessionChanged } from './reauth';
import type { Calendar } from './types';

export interface Viewed {
  id: string;
  name: string;
  /** Their zone and calendar, by which they are answered; what it says nothing of is that of the organisation. */
  calendar?: Calendar | null;
}

export const viewAsKey = 'tidemill-view-as';

let viewed: Viewed | null = null;
/** Who looks, as the session says. */
let viewer = '';
const listeners = new Set<() => void>();

export const getViewed = (): Viewed | null => viewed;

/** Whoever keeps answers or a connection listens here: from now on they are somebody else's. */
export function onViewAsChanged(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function viewAs(next: Viewed | null): void {
  try {
    if (next === null) sessionStorage.removeItem(viewAsKey);
    else
      sessionStorage.setItem(
        viewAsKey,
        JSON.stringify([viewer, next.id, next.name, next.calendar ?? null]),
      );
  } catch {
    // Storage is blocked: it then lasts until the page is loaded anew.
  }
  if (next?.id === viewed?.id) return;
  viewed = next;
  listeners.forEach((listener) => listener());
}

/** What the stored text says, where this viewer wrote it. */
function kept(): Viewed | null {
  try {
    const [by, id, name, calendar] = JSON.parse(sessionStorage.getItem(viewAsKey) ?? '[]') as [
      by?: string,
      id?: string,
      name?: string,
      calendar?: Calendar | null,
    ];
    return by === viewer && id && name ? { id, name, ...(calendar ? { calendar } : {}) } : null;
  } catch {
    return null;
  }
}

onSessionChanged((session) => {
  const next = session === null ? '' : `${session.tenant.id} ${session.user.id}`;
  // A token that is renewed changes nothing.
  if (next === viewer) return;
  viewer = next;
  viewAs(kept());
});

/** For every request, those that change something too, so that the server refuses them. */
export const viewAsHeader = (): Record<string, string> =>
  viewed === null ? {} : { 'Tidemill-View-As': viewed.id };

export const useViewed = (): Viewed | null => useSyncExternalStore(onViewAsChanged, getViewed);
