// Size of the inside of an element without border or padding, in whole CSS pixels, followed as it changes.
import { useCallback, useEffect, useLayoutEffect, useState } from 'react';
import type { RefObject } from 'react';

export interface Size {
  width: number;
  height: number;
}

function insideOf(element: HTMLElement): Size {
  const { width, height } = element.getBoundingClientRect();
  const style = getComputedStyle(element);
  const sum = (...edges: string[]): number =>
    edges.reduce((total, edge) => total + (parseFloat(style.getPropertyValue(edge)) || 0), 0);
  return {
    width: width - sum('padding-left', 'padding-right', 'border-left-width', 'border-right-width'),
    height:
      height - sum('padding-top', 'padding-bottom', 'border-top-width', 'border-bottom-width'),
  };
}

export function useElementSize(ref: RefObject<HTMLElement | null>): Size {
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  const take = useCallback((box: Size) => {
    const next = { width: Math.floor(box.width), height: Math.floor(box.height) };
    setSize((old) => (old.width === next.width && old.height === next.height ? old : next));
  }, []);
  // The observer answers after the layout of the next frame; the first drawing need not wait for it.
  useLayoutEffect(() => {
    if (ref.current) take(insideOf(ref.current));
  }, [ref, take]);
  useEffect(() => {
    const element = ref.current;
    if (!element || typeof ResizeObserver === 'undefined') return;
    const observer = new ResizeObserver((entries) => {
      const box = entries[entries.length - 1]?.contentRect;
      if (box) take(box);
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [ref, take]);
  return size;
}
