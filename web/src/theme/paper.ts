// The page on paper: light, whatever the theme, as wide as it is on the screen, because what is drawn in pixels would not fit another
// width (browsers make it smaller, so that it fits), and without what is there to be pressed.
import { useEffect, useSyncExternalStore } from 'react';
import { flushSync } from 'react-dom';

/** What is marked by this is for the screen alone. */
const screenOnly = '[data-paper="none"]';

export const paperStyles = {
  '@page': { margin: '10mm' },
  '@media print': {
    [screenOnly]: { display: 'none !important' },
    // Colours of marks are what they say.
    '*': { printColorAdjust: 'exact' },
    'html, body': { backgroundColor: '#fff !important' },
    '#main': { width: 'var(--tm-paper-width, auto)', paddingBottom: '0 !important' },
    '[data-widget-id]': { breakInside: 'avoid' },
  },
} as const;

let onPaper = false;
const listeners = new Set<() => void>();

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

function put(next: boolean): void {
  onPaper = next;
  // The browser takes the page as it is when this returns.
  flushSync(() => listeners.forEach((listener) => listener()));
}

/** Whether the page is being printed: what draws itself does so in light colours then. */
export const useOnPaper = (): boolean =>
  useSyncExternalStore(
    subscribe,
    () => onPaper,
    () => false,
  );

/** Makes the page ready when the browser is about to print it, by whatever way, and puts it back after that. */
export function usePaper(): void {
  useEffect(() => {
    const root = document.documentElement;
    let chosen: string | null = null;
    const begin = (): void => {
      if (onPaper) return;
      const main = document.getElementById('main');
      // A phone's page is narrower than paper, and wide enough there.
      if (main && window.innerWidth >= 600)
        root.style.setProperty('--tm-paper-width', `${main.clientWidth}px`);
      chosen = root.getAttribute('data-theme');
      root.setAttribute('data-theme', 'light');
      put(true);
    };
    const end = (): void => {
      if (!onPaper) return;
      root.style.removeProperty('--tm-paper-width');
      if (chosen === null) root.removeAttribute('data-theme');
      else root.setAttribute('data-theme', chosen);
      put(false);
    };
    window.addEventListener('beforeprint', begin);
    window.addEventListener('afterprint', end);
    return () => {
      end();
      window.removeEventListener('beforeprint', begin);
      window.removeEventListener('afterprint', end);
    };
  }, []);
}
