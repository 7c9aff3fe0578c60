// Ticks for both axes: few, round, and never on top of each other.

import { scaleLinear } from 'd3-scale';
import type { Calendar } from '@/api/types';
import { formatCalendar } from '@/lib/format/calendar';
import { tickLabel } from './time-labels';
import { wallTicks } from './wall-ticks';
import { fromWall, toWall } from '@/lib/zoned-time';

export interface Tick {
  value: number;
  label: string;
}

export interface ValueAxis {
  /** Lowest and highest value of the drawing, both on a tick. */
  domain: [number, number];
  ticks: number[];
}

/**
 * Round ticks around the values; bars and areas start at zero. Wanted: 3 to 5 lines. What is written without decimals has none
 * between two whole numbers: half a flight would be written as another whole one.
 */
export function valueAxis(
  low: number,
  high: number,
  zeroBase: boolean,
  wanted = 4,
  whole = false,
): ValueAxis {
  let from = Number.isFinite(low) ? low : 0;
  let to = Number.isFinite(high) ? high : 1;
  if (zeroBase) {
    from = Math.min(0, from);
    to = Math.max(0, to);
  }
  if (from === to) {
    if (to === 0) to = 1;
    else if (to > 0) from = zeroBase ? 0 : from - Math.abs(from) * 0.1;
    else to = zeroBase ? 0 : to + Math.abs(to) * 0.1;
  }
  if (whole && to - from < wanted) {
    const first = Math.floor(from);
    const ticks = Array.from({ length: Math.ceil(to) - first + 1 }, (_, index) => first + index);
    return { domain: [first, Math.ceil(to)], ticks };
  }
  const scale = scaleLinear().domain([from, to]).nice(wanted);
  const ticks = scale.ticks(wanted);
  const domain = scale.domain();
  if (ticks.length <= wanted + 2) {
    return { domain: [domain[0] ?? from, domain[1] ?? to], ticks };
  }
  // d3 may hand out more lines than asked for: every second one, and both ends on a line again.
  const step = ((ticks[1] ?? 1) - (ticks[0] ?? 0)) * 2;
  const first = Math.floor((domain[0] ?? from) / step + 1e-9);
  const last = Math.ceil((domain[1] ?? to) / step - 1e-9);
  const wider = Array.from({ length: last - first + 1 }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  );
  return { domain: [wider[0] ?? from, wider[wider.length - 1] ?? to], ticks: wider };
}

const TICK_ROOM = 76;

/** Time ticks on the wall clock of the zone, at most as many as fit. */
export function timeTicks(
  from: number,
  to: number,
  zone: string,
  width: number,
  calendar: Calendar = formatCalendar(),
): Tick[] {
  if (!(to > from)) return [{ value: from, label: tickLabel(from, zone, 86_400_000, calendar) }];
  const wanted = Math.max(2, Math.floor(width / TICK_ROOM));
  const ticks = wallTicks(toWall(from, zone), toWall(to, zone), calendar);
  let walls = ticks(wanted);
  for (let fewer = wanted - 1; walls.length > wanted && fewer >= 1; fewer -= 1) {
    const next = ticks(fewer);
    if (next.length > 0) walls = next;
  }
  const finer = walls.length < Math.max(3, wanted / 2) ? thinned(ticks(wanted * 2), wanted) : null;
  if (finer) walls = finer.walls;
  const first = walls[0] ?? 0;
  const second = walls[1];
  // Thinned weeks are still written as days, however far apart they stand.
  const step = finer?.step ?? (second === undefined ? to - from : second - first);
  return walls.map((wall) => {
    const value = fromWall(wall, zone);
    return { value, label: tickLabel(value, zone, step, calendar) };
  });
}

interface Thinned {
  walls: number[];
  step: number;
}

/** Every n-th of a finer, regular row of ticks (weeks, hours), where the next coarser is too sparse. */
function thinned(finer: readonly number[], wanted: number): Thinned | null {
  const gap = (finer[1] ?? 0) - (finer[0] ?? 0);
  const regular = finer.every(
    (wall, index) => index === 0 || wall - (finer[index - 1] ?? 0) === gap,
  );
  if (!regular || finer.length <= wanted / 2) return null;
  const stride = Math.ceil(finer.length / wanted);
  return { walls: finer.filter((_, index) => index % stride === 0), step: gap };
}

export interface PlacedLabel {
  /** Centre of the label. */
  at: number;
  width: number;
}

/** Indices of labels that can be written without touching: greedy from the left, `gap` apart. */
export function fittingLabels(
  labels: readonly PlacedLabel[],
  from: number,
  to: number,
  gap = 8,
): number[] {
  const kept: number[] = [];
  let free = -Infinity;
  labels.forEach((label, index) => {
    const left = label.at - label.width / 2;
    const right = label.at + label.width / 2;
    if (left < from || right > to || left < free) return;
    kept.push(index);
    free = right + gap;
  });
  return kept;
}

/** Like labelStride, for buckets of time. */
export function bucketStride(
  count: number,
  widest: number,
  length: number,
  perWeek: boolean,
): number {
  const stride = labelStride(count, widest, length);
  // Days are read by the week: every seventh, not every fifth.
  return perWeek && stride > 2 && stride < 7
    ? 7
    : perWeek && stride > 7
      ? Math.ceil(stride / 7) * 7
      : stride;
}

/** Every n-th place so that labels of the widest width fit; for regular axes (bands). */
export function labelStride(count: number, widest: number, length: number, gap = 10): number {
  if (count <= 1 || length <= 0) return 1;
  return Math.max(1, Math.ceil(((widest + gap) * count) / length));
}
