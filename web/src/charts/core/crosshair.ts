// The time that is pointed at, shared by the time charts of a page. Outside React: a pointer moves
// sixty times a second, and a thin line in each chart is all that has to move with it.
import { GRAIN_MS, nextBucket } from '@/lib/zoned-time';
import type { TimeAxis } from './spec';

export interface PointedTime {
  /** The chart that is pointed at, which shows its own crosshair. */
  source: string;
  at: number;
}

type Listener = (pointed: PointedTime | null) => void;

export class Crosshair {
  private pointed: PointedTime | null = null;
  private readonly listeners = new Set<Listener>();

  point(source: string, at: number): void {
    if (this.pointed?.source === source && this.pointed.at === at) return;
    this.tell({ source, at });
  }

  /** Only who points can stop: a chart that is left late does not clear the next one's line. */
  leave(source: string): void {
    if (this.pointed?.source === source) this.tell(null);
  }

  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    listener(this.pointed);
    return () => this.listeners.delete(listener);
  }

  private tell(pointed: PointedTime | null): void {
    this.pointed = pointed;
    this.listeners.forEach((listener) => listener(pointed));
  }
}

export const sharedCrosshair = new Crosshair();

/** The place whose bucket holds a time; null where the axis does not reach. */
export function placeOfTime(axis: TimeAxis, at: number): number | null {
  const { values, grain, zone, units } = axis;
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] ?? Infinity) <= at) low = middle + 1;
    else high = middle;
  }
  const place = low - 1;
  const start = values[place];
  if (start === undefined) return null;
  const end = grain === null ? start + GRAIN_MS.second : nextBucket(start, grain, zone, units);
  return at < end ? place : null;
}
