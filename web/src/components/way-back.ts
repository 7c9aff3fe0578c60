// Where the focus goes when what had it goes away: back, or to what is around it, and not to the top of the page.
import { useEffect } from 'react';
import { flushSync } from 'react-dom';

/** The nearest part around an element that takes the focus. */
export const placeAround = (from: Element | null): HTMLElement | null =>
  from?.parentElement?.closest<HTMLElement>('[tabindex="-1"]') ?? null;

/** What takes something away is marked by it, and all of a list that stand beside each other are in one that is marked so. */
const removalsOf = (list: Element | null | undefined): HTMLElement[] => [
  ...(list?.querySelectorAll<HTMLElement>('[data-removal]:not(:disabled)') ?? []),
];

/**
 * Takes away what a button is for, and leaves the focus beside it: at the button of what comes after it, or else before it.
 * Where nothing is left that can be taken away it goes to what `otherwise` finds, or to what is around the list.
 */
export function removeBeside(
  button: HTMLElement,
  remove: () => void,
  otherwise?: () => HTMLElement | null | undefined,
): void {
  const list = button.closest('[data-removals]');
  const place = removalsOf(list).indexOf(button);
  flushSync(remove);
  const left = removalsOf(list);
  (left[place] ?? left.at(-1) ?? otherwise?.() ?? placeAround(list))?.focus();
}

/**
 * The same where it is not gone at once, as what stands in the address. Each is told apart by its place there: the next one
 * moves up and keeps the focus, and only the last has none that does.
 */
export function leaveRemoval(button: HTMLElement): void {
  const all = removalsOf(button.closest('[data-removals]'));
  if (all.at(-1) === button) (all.at(-2) ?? placeAround(button))?.focus();
}

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
