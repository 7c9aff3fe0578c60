// Work that can wait until nothing else is to be done. Safari has no idle callback; a short pause stands in for it.

const PAUSE_MS = 300;

/** Runs after `atMostMs` even if the page never rests; the returned function calls it off. */
export function whenIdle(run: () => void, atMostMs: number): () => void {
  if (typeof window.requestIdleCallback !== 'function') {
    const timer = window.setTimeout(run, Math.min(PAUSE_MS, atMostMs));
    return () => window.clearTimeout(timer);
  }
  const idle = window.requestIdleCallback(run, { timeout: atMostMs });
  return () => window.cancelIdleCallback(idle);
}
