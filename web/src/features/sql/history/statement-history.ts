// The statements that somebody ran, newest first: in this browser, for one person of one tenant, as many as are useful.

export interface PastStatement {
  sql: string;
  at: number;
  /** Rows of the answer; null: it failed or was cancelled. */
  rows: number | null;
  ms: number;
}

const prefix = 'tidemill-statements:';
export const MOST_KEPT = 50;
const LONGEST_KEPT = 20_000;

/** Tenant and person are part of the key: a shared screen shows nobody what another one asked. */
export const historyKey = (owner: string): string => `${prefix}${owner}`;

function isPast(value: unknown): value is PastStatement {
  if (typeof value !== 'object' || value === null) return false;
  const { sql, at, rows, ms } = value as Record<string, unknown>;
  return (
    typeof sql === 'string' &&
    typeof at === 'number' &&
    typeof ms === 'number' &&
    (rows === null || typeof rows === 'number')
  );
}

export function readHistory(storage: Storage, key: string): PastStatement[] {
  try {
    const parsed: unknown = JSON.parse(storage.getItem(key) ?? '[]');
    return Array.isArray(parsed) ? parsed.filter(isPast).slice(0, MOST_KEPT) : [];
  } catch {
    return [];
  }
}

/** The same statement again takes the place of its older run. */
export function withRun(history: readonly PastStatement[], run: PastStatement): PastStatement[] {
  if (run.sql.trim() === '' || run.sql.length > LONGEST_KEPT) return [...history];
  return [run, ...history.filter((entry) => entry.sql.trim() !== run.sql.trim())].slice(
    0,
    MOST_KEPT,
  );
}

export function keepHistory(
  storage: Storage,
  key: string,
  history: readonly PastStatement[],
): void {
  let kept = [...history];
  while (kept.length > 0) {
    try {
      storage.setItem(key, JSON.stringify(kept));
      return;
    } catch {
      // Full: the older half goes.
      kept = kept.slice(0, Math.floor(kept.length / 2));
    }
  }
  try {
    storage.removeItem(key);
  } catch {
    // A browser that forbids storage keeps nothing.
  }
}
