// Undo and redo as data: every step is a whole content, sharing what did not change with its
// neighbours. A drag or a burst of typing with the same merge key is one step.

export interface Step<T> {
  content: T;
  /** What was done, in words: "Moved Delays". */
  label: string;
  mergeKey: string | null;
}

export interface History<T> {
  past: Step<T>[];
  present: Step<T>;
  future: Step<T>[];
}

export const HISTORY_LIMIT = 100;

export const startHistory = <T>(content: T): History<T> => ({
  past: [],
  present: { content, label: '', mergeKey: null },
  future: [],
});

export function record<T>(
  history: History<T>,
  content: T,
  label: string,
  mergeKey: string | null = null,
): History<T> {
  const step: Step<T> = { content, label, mergeKey };
  if (mergeKey !== null && history.present.mergeKey === mergeKey) {
    return { past: history.past, present: step, future: [] };
  }
  const past = [...history.past, history.present].slice(-HISTORY_LIMIT);
  return { past, present: step, future: [] };
}

/** Ends a merged step, so that the next equal edit is a step of its own. */
export const seal = <T>(history: History<T>): History<T> =>
  history.present.mergeKey === null
    ? history
    : { ...history, present: { ...history.present, mergeKey: null } };

export function undo<T>(history: History<T>): History<T> {
  const before = history.past[history.past.length - 1];
  if (!before) return history;
  return {
    past: history.past.slice(0, -1),
    present: before,
    future: [{ ...history.present, mergeKey: null }, ...history.future],
  };
}

export function redo<T>(history: History<T>): History<T> {
  const next = history.future[0];
  if (!next) return history;
  return {
    past: [...history.past, history.present],
    present: next,
    future: history.future.slice(1),
  };
}
