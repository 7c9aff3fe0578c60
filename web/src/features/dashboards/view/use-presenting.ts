// A dashboard over the whole screen: alone on its page by the address, and on all of the screen where the browser lets it. Either is
// left with the other.
import { useCallback, useEffect } from 'react';
import { useSearchParams } from 'react-router';
import { isPresented, presented } from '@/lib/presenting';

export interface Presenting {
  presenting: boolean;
  start: () => void;
  stop: () => void;
}

function leaveScreen(): void {
  if (document.fullscreenElement) document.exitFullscreen().catch(() => undefined);
}

export function usePresenting(): Presenting {
  const [params, setParams] = useSearchParams();
  const presenting = isPresented(params);
  const set = useCallback(
    (alone: boolean) => setParams((old) => presented(old, alone), { replace: true }),
    [setParams],
  );
  useEffect(() => {
    if (!presenting) return;
    // The browser leaves it by Escape, of which the page hears nothing else.
    const changed = (): void => {
      if (!document.fullscreenElement) set(false);
    };
    document.addEventListener('fullscreenchange', changed);
    return () => document.removeEventListener('fullscreenchange', changed);
  }, [presenting, set]);
  // Also by a link to another page, which would stand there without the bars of the browser.
  useEffect(() => (presenting ? leaveScreen : undefined), [presenting]);
  const start = useCallback(() => {
    set(true);
    // Refused without a press, and not there on some phones: the page stands alone all the same.
    document.documentElement.requestFullscreen?.().catch(() => undefined);
  }, [set]);
  const stop = useCallback(() => set(false), [set]);
  return { presenting, start, stop };
}
