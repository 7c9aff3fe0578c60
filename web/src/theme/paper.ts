// The page on paper: light, whatever the theme, laid out as on the screen, because what is drawn in pixels would not fit another width,
// as small as the paper has it, and without what is there to be pressed.
import { useEffect, useSyncExternalStore } from 'react';
import { flushSync } from 'react-dom';

/** What is marked by this is for the screen alone. */
const screenOnly = '[data-paper="none"]';

export const paperStyles = {
  // Dashboards are wider than high, and their words would be too small the other way.
  '@page': { margin: '10mm', size: 'landscape' },
  '@media print': {
    [screenOnly]: { display: 'none !important' },
    // Colours of marks are what they say.
    '*': { printColorAdjust: 'exact' },
    'html[data-theme]': { '--tm-palette-background-default': '#fff' },
    '#main': {
      flex: 'none !important',
      width: 'var(--tm-paper-width, auto)',
      zoom: 'var(--tm-paper-zoom, 1)',
      paddingBottom: '0 !important',
    },
    '[data-widget-id]': { breakInside: 'avoid' },
    // Browsers print a canvas with a white ground, which would hide the axes below it.
    '[data-axis]': { zIndex: 1 },
  },
} as const;

/** What paper that lies is wide in pixels of CSS, without its margins; the narrower of the two that people have. */
const PAPER_WIDTH = 980;

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
      if (main && window.innerWidth >= 600) {
        const width = main.clientWidth;
        root.style.setProperty('--tm-paper-width', `${width}px`);
        root.style.setProperty('--tm-paper-zoom', String(Math.min(1, PAPER_WIDTH / width)));
      }
      chosen = root.getAttribute('data-theme');
      root.setAttribute('data-theme', 'light');
      put(true);
    };
    const end = (): void => {
      if (!onPaper) return;
      root.style.removeProperty('--tm-paper-width');
      root.style.removeProperty('--tm-paper-zoom');
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
