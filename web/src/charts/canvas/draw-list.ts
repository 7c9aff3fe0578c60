// What to draw, as data: a chart becomes a short list of paths and rectangles in plot pixels. Pure,
// so it is tested without a canvas; paint.ts is the only file that touches a context.
import { NEUTRAL_SLOT } from '../core/color-map';
import { decimate } from '../core/decimation';
import type { Vertex } from '../core/decimation';
import type { Geometry } from '../core/geometry';
import { otherPlace } from '../core/spec';
import type { ChartSeries, ChartSpec } from '../core/spec';

export type Command =
  | {
      type: 'line';
      points: Vertex[];
      slot: number;
      width: number;
      dash: 'none' | 'comparison' | 'incomplete' | 'slot';
    }
  | {
      type: 'area';
      points: { x: number; top: number; base: number }[];
      slot: number;
      opacity: number;
    }
  | {
      type: 'bars';
      rects: { x: number; y: number; w: number; h: number }[];
      slot: number;
      open: boolean;
    }
  | { type: 'dots'; points: { x: number; y: number }[]; slot: number; radius: number };

const LINE_WIDTH = 1.75;
const DOT_DISTANCE = 40;

/** Splits at gaps. A value between two gaps has no line and is drawn as a dot. */
export function segmentsOf<T extends Vertex>(points: readonly T[]): T[][] {
  const segments: T[][] = [];
  let run: T[] = [];
  for (const point of points) {
    if (point.y === null) {
      if (run.length > 0) segments.push(run);
      run = [];
    } else {
      run.push(point);
    }
  }
  if (run.length > 0) segments.push(run);
  return segments;
}

function lineCommands(
  series: ChartSeries,
  geometry: Geometry,
  incompleteFrom: number | null,
): Command[] {
  const vertices: Vertex[] = series.values.slice(0, geometry.count).map((value, index) => ({
    x: geometry.position(index),
    y: value === null ? null : geometry.value(value),
  }));
  const comparison = series.role === 'comparison';
  const cut = comparison || incompleteFrom === null ? vertices.length : incompleteFrom;
  const solid = decimate(vertices.slice(0, cut), geometry.plot.width);
  const commands: Command[] = [
    {
      type: 'line',
      points: solid,
      slot: series.slot,
      width: comparison ? 1.25 : LINE_WIDTH,
      dash: comparison ? 'comparison' : 'slot',
    },
  ];
  if (cut < vertices.length) {
    // From the last complete bucket on, so that the dashes hang on the line.
    const open = vertices.slice(Math.max(0, cut - 1));
    commands.push({
      type: 'line',
      points: open,
      slot: series.slot,
      width: LINE_WIDTH,
      dash: 'incomplete',
    });
  }
  if (comparison) return commands;
  const distance = geometry.plot.width / Math.max(1, geometry.count - 1);
  const lonely = segmentsOf(vertices)
    .filter((segment) => segment.length === 1)
    .flat();
  const dots = distance >= DOT_DISTANCE ? vertices : lonely;
  const placed = dots.flatMap((point) => (point.y === null ? [] : [{ x: point.x, y: point.y }]));
  if (placed.length > 0)
    commands.push({ type: 'dots', points: placed, slot: series.slot, radius: 2.5 });
  return commands;
}

/** Places at which no series has a value: what stands on each other has a gap there too, and does not fall to nothing. */
export const isGap = (series: readonly ChartSeries[], index: number): boolean =>
  series.every((entry) => (entry.values[index] ?? null) === null);

/** Bottom and top of every value when the series stand on each other; a gap of one counts as nothing. */
export function stack(series: readonly ChartSeries[], count: number): [number, number][][] {
  const up = new Array<number>(count).fill(0);
  const down = new Array<number>(count).fill(0);
  return series.map((entry) =>
    Array.from({ length: count }, (_, index): [number, number] => {
      const value = entry.values[index] ?? 0;
      const side = value >= 0 ? up : down;
      const from = side[index] ?? 0;
      side[index] = from + value;
      return [from, from + value];
    }),
  );
}

function areaCommands(spec: ChartSpec, geometry: Geometry): Command[] {
  const shown = spec.series.filter((series) => series.role !== 'comparison');
  const before = spec.series.filter((series) => series.role === 'comparison');
  const commands: Command[] = [];
  if (shown.length <= 1) {
    for (const series of shown) {
      const vertices: Vertex[] = series.values.map((value, index) => ({
        x: geometry.position(index),
        y: value === null ? null : geometry.value(value),
      }));
      for (const segment of segmentsOf(decimate(vertices, geometry.plot.width))) {
        commands.push({
          type: 'area',
          points: segment.map((point) => ({ x: point.x, top: point.y ?? 0, base: geometry.zero })),
          slot: series.slot,
          opacity: 0.16,
        });
      }
      commands.push(...lineCommands(series, geometry, spec.incompleteFrom));
    }
  } else {
    const stacked = stack(shown, geometry.count);
    shown.forEach((series, at) => {
      const bounds = stacked[at] ?? [];
      const points = bounds.map(([from, to], index) => ({
        x: geometry.position(index),
        y: isGap(shown, index) ? null : geometry.value(to),
        base: geometry.value(from),
      }));
      for (const segment of segmentsOf(points)) {
        commands.push({
          type: 'area',
          points: segment.map(({ x, y, base }) => ({ x, top: y ?? base, base })),
          slot: series.slot,
          opacity: 0.72,
        });
      }
      commands.push({
        type: 'line',
        points: decimate(points, geometry.plot.width),
        slot: series.slot,
        width: 1.25,
        dash: 'none',
      });
      const lonely = segmentsOf(points).flatMap((segment) =>
        segment.length === 1 ? segment.map(({ x, y, base }) => ({ x, y: y ?? base })) : [],
      );
      if (lonely.length > 0)
        commands.push({ type: 'dots', points: lonely, slot: series.slot, radius: 2.5 });
    });
  }
  return [...before.flatMap((series) => lineCommands(series, geometry, null)), ...commands];
}

/** Pixel rectangle of one bar between two values at one place. */
function rectangle(
  geometry: Geometry,
  index: number,
  from: number,
  to: number,
  part: number,
  parts: number,
): { x: number; y: number; w: number; h: number } {
  const thickness = geometry.band / parts;
  const offset = geometry.position(index) - geometry.band / 2 + part * thickness;
  const a = geometry.value(from);
  const b = geometry.value(to);
  // A hairline between neighbours, and never thinner than a pixel.
  const size = Math.max(1, thickness - (parts > 1 ? 1 : 0));
  return geometry.orientation === 'horizontal'
    ? { x: Math.min(a, b), y: offset, w: Math.abs(b - a), h: size }
    : { x: offset, y: Math.min(a, b), w: size, h: Math.abs(b - a) };
}

/** How much a line across a bar stands out on both sides of it; less, where the next bar is beside it. */
const OVERHANG = 3;
const OVERHANG_BESIDE = 1;

/** How long bars were before: a line across each, which may stand beyond its end. */
function beforeCommands(
  spec: ChartSpec,
  shown: readonly ChartSeries[],
  geometry: Geometry,
): Command[] {
  const parts = spec.kind === 'bar' ? Math.max(1, shown.length) : 1;
  const thickness = geometry.band / parts;
  const overhang = parts === 1 ? OVERHANG : OVERHANG_BESIDE;
  return spec.series.flatMap((before): Command[] => {
    if (before.role !== 'comparison') return [];
    const part = parts === 1 ? 0 : shown.findIndex(({ id }) => id === before.of);
    if (part < 0) return [];
    const rects = before.values.slice(0, geometry.count).flatMap((value, index) => {
      if (value === null) return [];
      const along = geometry.value(value) - 1;
      const start = geometry.position(index) - geometry.band / 2 + part * thickness;
      const across = start - overhang;
      const length = thickness + 2 * overhang;
      return geometry.orientation === 'horizontal'
        ? [{ x: along, y: across, w: 2, h: length }]
        : [{ x: across, y: along, w: length, h: 2 }];
    });
    return rects.length === 0 ? [] : [{ type: 'bars', rects, slot: before.slot, open: false }];
  });
}

function barCommands(spec: ChartSpec, geometry: Geometry): Command[] {
  const shown = spec.series.filter((series) => series.role !== 'comparison');
  const stacked = spec.kind === 'stacked_bar';
  const other = otherPlace(spec);
  const bounds = stacked ? stack(shown, geometry.count) : null;
  const commands: Command[] = [];
  const base = Math.min(Math.max(0, geometry.domain[0]), geometry.domain[1]);
  shown.forEach((series, at) => {
    const closed: { x: number; y: number; w: number; h: number }[] = [];
    const open: typeof closed = [];
    for (let index = 0; index < geometry.count; index += 1) {
      const value = series.values[index];
      if (value === null || value === undefined) continue;
      const [from, to] = bounds?.[at]?.[index] ?? [base, value];
      const rect = rectangle(
        geometry,
        index,
        from,
        to,
        stacked ? 0 : at,
        stacked ? 1 : shown.length,
      );
      const isOpen = spec.incompleteFrom !== null && index >= spec.incompleteFrom;
      // Beside each other the colours say which measure it is, stacked which part.
      if (index === other && shown.length === 1)
        commands.push({ type: 'bars', rects: [rect], slot: NEUTRAL_SLOT, open: isOpen });
      else (isOpen ? open : closed).push(rect);
    }
    if (closed.length > 0)
      commands.push({ type: 'bars', rects: closed, slot: series.slot, open: false });
    if (open.length > 0)
      commands.push({ type: 'bars', rects: open, slot: series.slot, open: true });
  });
  return [...commands, ...beforeCommands(spec, shown, geometry)];
}

export function drawList(spec: ChartSpec, geometry: Geometry): Command[] {
  switch (spec.kind) {
    case 'bar':
    case 'stacked_bar':
      return barCommands(spec, geometry);
    case 'area':
      return areaCommands(spec, geometry);
    case 'line': {
      const before = spec.series.filter((series) => series.role === 'comparison');
      const shown = spec.series.filter((series) => series.role !== 'comparison');
      return [...before, ...shown].flatMap((series) =>
        lineCommands(series, geometry, spec.incompleteFrom),
      );
    }
    case 'heatmap':
      return [];
  }
}
