// What of a chart is under the pointer. What a finger has pointed at stays when it is lifted, because it was in the way of what
// it says; until the next touch elsewhere, or until it turns out to have moved the page.
import { useEffect, useState } from 'react';
import type { PointerEvent, RefObject } from 'react';

interface Point {
  clientX: number;
  clientY: number;
}

export interface Pointed<T> {
  pointed: T | null;
  /** What is at the place of an event. A tap has no other: by then the finger points at nothing. */
  at: (event: Point) => T | null;
  clear: () => void;
  handlers: {
    onPointerMove: (event: PointerEvent) => void;
    onPointerDown: (event: PointerEvent) => void;
    onPointerLeave: (event: PointerEvent) => void;
    onPointerCancel: () => void;
  };
}

export function usePointed<T>(
  frame: RefObject<HTMLElement | null>,
  find: (x: number, y: number) => T | null,
  /** Told when the pointer points at something: what keys have read gives way to it. */
  onPointed: () => void,
): Pointed<T> {
  const [pointed, setPointed] = useState<T | null>(null);
  const clear = (): void => setPointed(null);
  const isShown = pointed !== null;
  useEffect(() => {
    if (!isShown) return;
    const elsewhere = ({ target }: Event): void => {
      if (!frame.current?.contains(target as Node)) setPointed(null);
    };
    document.addEventListener('pointerdown', elsewhere);
    return () => document.removeEventListener('pointerdown', elsewhere);
  }, [isShown, frame]);
  const at = ({ clientX, clientY }: Point): T | null => {
    const box = frame.current?.getBoundingClientRect();
    return box ? find(clientX - box.left, clientY - box.top) : null;
  };
  const point = (event: PointerEvent): void => {
    const found = at(event);
    setPointed(found);
    if (found !== null) onPointed();
  };
  return {
    pointed,
    at,
    clear,
    handlers: {
      onPointerMove: point,
      onPointerDown: point,
      onPointerLeave: ({ pointerType }) => {
        if (pointerType !== 'touch') clear();
      },
      onPointerCancel: clear,
    },
  };
}
