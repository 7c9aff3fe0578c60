// A dashboard on paper: cards that nobody has scrolled to are asked first, and what is drawn last is waited for, though not for ever.
import { useCallback, useEffect, useState } from 'react';

const LOOK_EVERY_MS = 100;
/** After this long it is printed with what there is. */
const MOST_WAIT_MS = 20_000;

/** Whether a card is still on its way to what it will show. */
const isWaited = (): boolean =>
  document.querySelector(
    '[data-widget-id]:is([data-waiting], [data-state="loading"], :has([aria-busy="true"]))',
  ) !== null;

export interface Printing {
  printing: boolean;
  print: () => void;
}

export function usePrinting(): Printing {
  const [printing, setPrinting] = useState(false);
  useEffect(() => {
    if (!printing) return;
    const began = Date.now();
    const timer = window.setInterval(() => {
      if (isWaited() && Date.now() - began < MOST_WAIT_MS) return;
      window.clearInterval(timer);
      window.print();
      setPrinting(false);
    }, LOOK_EVERY_MS);
    return () => window.clearInterval(timer);
  }, [printing]);
  const print = useCallback(() => setPrinting(true), []);
  return { printing, print };
}
