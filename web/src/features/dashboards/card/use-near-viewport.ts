// True once an element is within 300 px of what is on screen, and again false when it is far: cards
// out of sight ask nothing and are not followed.
import { useEffect, useState } from 'react';
import type { RefObject } from 'react';

export const NEAR_PX = 300;

export function useNearViewport(
  ref: RefObject<HTMLElement | null>,
  // What is believed until the observer has looked, which it does only after the first paint.
  startsNear = false,
): boolean {
  const [near, setNear] = useState(startsNear || typeof IntersectionObserver === 'undefined');
  useEffect(() => {
    const element = ref.current;
    if (!element || typeof IntersectionObserver === 'undefined') return;
    const observer = new IntersectionObserver(
      (entries) => {
        const last = entries[entries.length - 1];
        if (last) setNear(last.isIntersecting);
      },
      { rootMargin: `${NEAR_PX}px` },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [ref]);
  return near;
}
