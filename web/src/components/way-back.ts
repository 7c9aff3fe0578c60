// Where the focus goes when what had it goes away: back, or to what is around it, and not to the top of the page.
import { useEffect } from 'react';

/** The nearest part around an element that takes the focus. */
export const placeAround = (from: Element | null): HTMLElement | null =>
  from?.parentElement?.closest<HTMLElement>('[tabindex="-1"]') ?? null;

/** For what comes over or into the page and goes again: back to where the focus was, which may be gone with what was done. */
export function useWayBack(): void {
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    const around = placeAround(before);
    // After whatever else gives it back.
    return () =>
      queueMicrotask(() => {
        for (const place of [before, around, document.getElementById('main')]) {
          if (document.activeElement !== document.body) return;
          // What is gone or disabled does not take it.
          place?.focus({ preventScroll: true });
        }
      });
  }, []);
}
