// Reading a chart without a mouse: arrow keys walk over the places, Home and End jump, Enter picks,
// Escape leaves. One hook for both renderers; what is said goes to a polite region of the chart.
import { useCallback, useState } from 'react';
import type { KeyboardEvent } from 'react';

export interface ChartReader {
  /** Place under the keyboard, or null. */
  index: number | null;
  onKeyDown: (event: KeyboardEvent) => void;
  /** Nothing is read any more. */
  leave: () => void;
}

/** Where a key leads; null when the key is not ours. Pure, for tests. */
export function nextIndex(key: string, index: number | null, count: number): number | null {
  if (count === 0) return null;
  const last = count - 1;
  switch (key) {
    case 'ArrowRight':
    case 'ArrowDown':
      return index === null ? 0 : Math.min(last, index + 1);
    case 'ArrowLeft':
    case 'ArrowUp':
      return index === null ? last : Math.max(0, index - 1);
    case 'PageDown':
      return Math.min(last, (index ?? 0) + 10);
    case 'PageUp':
      return Math.max(0, (index ?? last) - 10);
    case 'Home':
      return 0;
    case 'End':
      return last;
    default:
      return null;
  }
}

export function useChartReader(count: number, onPick?: (index: number) => void): ChartReader {
  const [index, setIndex] = useState<number | null>(null);
  const onKeyDown = useCallback(
    (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === 'Escape' && index !== null) {
        event.stopPropagation();
        setIndex(null);
        return;
      }
      if (event.key === 'Enter' && index !== null && onPick) {
        event.preventDefault();
        onPick(index);
        return;
      }
      const next = nextIndex(event.key, index, count);
      if (next === null) return;
      event.preventDefault();
      setIndex(next);
    },
    [count, index, onPick],
  );
  const leave = useCallback(() => setIndex(null), []);
  // A place that a shorter answer no longer has.
  return { index: index !== null && index < count ? index : null, onKeyDown, leave };
}
