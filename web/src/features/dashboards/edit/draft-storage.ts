// A draft survives a closed browser: content and undo history in local storage, one key a dashboard.
// When the history does not fit, the content alone is kept; losing undo is better than losing work.
import { isDirty } from './draft-slice';
import type { Draft } from './draft-slice';
import { startHistory } from './history';

interface StoredDraft {
  schema: 1;
  savedAt: number;
  draft: Draft;
}

const prefix = 'tidemill-draft:';
const LARGEST = 2_000_000;

export interface KeptDraft {
  draft: Draft;
  savedAt: number;
}

/** Tenant and person are part of the key: a shared screen shows nobody another one's draft. */
export const draftKey = (owner: string, dashboardId: string): string =>
  `${prefix}${owner}:${dashboardId}`;

export function keepDraft(storage: Storage, key: string, draft: Draft, now: number): boolean {
  if (!isDirty(draft)) {
    storage.removeItem(key);
    return false;
  }
  const write = (kept: Draft): boolean => {
    const stored: StoredDraft = { schema: 1, savedAt: now, draft: kept };
    const text = JSON.stringify(stored);
    if (text.length > LARGEST) return false;
    try {
      storage.setItem(key, text);
      return true;
    } catch {
      return false;
    }
  };
  if (write(draft)) return true;
  const { past, present } = draft.history;
  const first = past[0];
  const short = startHistory(present.content);
  return write({
    ...draft,
    history: { ...short, past: first ? [first] : [] },
  });
}

export function readDraft(storage: Storage, key: string): KeptDraft | null {
  try {
    const text = storage.getItem(key);
    if (text === null) return null;
    const stored = JSON.parse(text) as StoredDraft;
    if (stored.schema !== 1 || !Array.isArray(stored.draft.history.past)) return null;
    return { draft: stored.draft, savedAt: stored.savedAt };
  } catch {
    return null;
  }
}

export function dropDraft(storage: Storage, key: string): void {
  try {
    storage.removeItem(key);
  } catch {
    // A browser that forbids storage has kept nothing.
  }
}
