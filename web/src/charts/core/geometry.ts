// Turns a chart specification and a size into pixels: the plot rectangle, both scales and all tick
// labels. Pure, and shared by both renderers, so they cannot disagree.

import { scaleBand, scaleLinear } from 'd3-scale';
import type { ChartSpec } from './spec';
import { isWholeFormat } from './number-formats';
import { bucketStride, fittingLabels, labelStride, timeTicks, valueAxis } from './ticks';
import { tickLabel } from './time-labels';
import { formatNumber } from '@/lib/format';
import { GRAIN_MS, nextBucket } from '@/lib/zoned-time';

export interface Rect {
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface AxisLabel {
  at: number;
  text: string;
  anchor: 'start' | 'middle' | 'end';
}

export interface Geometry {
  width: number;
  height: number;
  plot: Rect;
  /** Bars over categories lie down, so that their names can be read. */
  orientation: 'vertical' | 'horizontal';
  /** How many places of the axis are drawn (horizontal bars that do not fit are left out). */
  count: number;
  /** Centre of place i along the category or time direction, in pixels. */
  position: (index: number) => number;
  /** Width of one band; 0 for lines. */
  band: number;
  /** Pixel of a value along the value direction. */
  value: (value: number) => number;
  zero: number;
  domain: [number, number];
  valueLabels: AxisLabel[];
  placeLabels: AxisLabel[];
  /** What lying bars say at their ends, where there is one a place: nobody has to measure them against the axis. */
  endLabels: EndLabel[];
  grid: number[];
}

export interface EndLabel {
  x: number;
  y: number;
  text: string;
}

export type MeasureText = (text: string) => number;

/** Writes all ticks of one axis alike (same unit, same precision). */
export type FormatTicks = (ticks: number[]) => string[];

/** Width of 11 px text without a canvas: close enough for layout, exact in tests. */
export const estimateText: MeasureText = (text) => {
  let width = 0;
  for (const char of text) {
    if ("iljI.,:;|!' ".includes(char)) width += 3.1;
    else if ('mwMW%'.includes(char)) width += 9.4;
    else if (char >= 'A' && char <= 'Z') width += 7.5;
    else width += 6.3;
  }
  return width;
};

const FONT = 11;
const BAR_PADDING = 0.22;
/** Of a lying bar with the space around it: in a card, and where there is much more room. */
const MOST_BAR_ROW = 44;
const MOST_BAR_ROW_LARGE = 72;
/** Between a bar and what it says. */
const END_GAP = 6;
export const MIN_BAR_ROW = 18;

export function valueExtent(spec: ChartSpec): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  if (spec.kind === 'stacked_bar' || (spec.kind === 'area' && spec.series.length > 1)) {
    spec.x.values.forEach((_, index) => {
      let up = 0;
      let down = 0;
      for (const series of spec.series) {
        if (series.role === 'comparison') continue;
        const value = series.values[index] ?? 0;
        if (value >= 0) up += value;
        else down += value;
      }
      low = Math.min(low, down);
      high = Math.max(high, up);
    });
    return [low, high];
  }
  for (const series of spec.series) {
    for (const value of series.values) {
      if (value === null) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return [low, high];
}

/** Shortens a name to a width, with an ellipsis. */
export function shorten(text: string, width: number, measure: MeasureText): string {
  if (measure(text) <= width) return text;
  let low = 0;
  let high = text.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (measure(`${text.slice(0, middle).trimEnd()}…`) <= width) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? '…' : `${text.slice(0, low).trimEnd()}…`;
}

interface BarEnd {
  index: number;
  text: string;
  /** Where the bar ends, or what it is held against, whichever is farther. */
  value: number;
  size: number;
}

/** What bars say that lie alone in their rows; of those that share them nothing. */
function barEnds(spec: ChartSpec, count: number, measure: MeasureText): BarEnd[] {
  const [only, second] = spec.series.filter((series) => series.role !== 'comparison');
  if (spec.kind !== 'bar' || only === undefined || second !== undefined) return [];
  const before = spec.series.find((series) => series.role === 'comparison');
  return only.values.slice(0, count).flatMap((value, index) => {
    if (value === null) return [];
    const text = formatNumber(value, spec.measure.format, 'compact');
    const farther = Math.max(value, before?.values[index] ?? value);
    return [{ index, text, value: farther, size: measure(text) }];
  });
}

/** How wide the plot may be at most, so that what stands after each bar ends inside of `room`. */
function widthBeside(ends: readonly BarEnd[], [low, high]: [number, number], room: number): number {
  return Math.min(
    room,
    ...ends.map(({ value, size }) => {
      // What is below zero says so on the other side of it, where it covers no bar.
      const share = (Math.max(value, 0) - low) / (high - low || 1);
      return (room - END_GAP - size) / Math.max(share, 0.01);
    }),
  );
}

function horizontalBars(
  spec: ChartSpec & { x: { type: 'category' } },
  width: number,
  height: number,
  format: FormatTicks,
  measure: MeasureText,
): Geometry {
  const room = Math.max(1, height - FONT - 9);
  const count = Math.max(1, Math.min(spec.x.values.length, Math.floor(room / MIN_BAR_ROW)));
  const shownSpec: ChartSpec = {
    ...spec,
    series: spec.series.map((series) => ({ ...series, values: series.values.slice(0, count) })),
    x: { ...spec.x, values: spec.x.values.slice(0, count) } as ChartSpec['x'],
  };
  const [low, high] = valueExtent(shownSpec);
  const names = spec.x.values.slice(0, count);
  const widest = Math.min(width * 0.34, Math.max(24, ...names.map(measure)));
  const left = Math.ceil(widest) + 10;
  const axis = valueAxis(
    low,
    high,
    true,
    Math.max(2, Math.min(5, Math.floor((width - left) / 84))),
    isWholeFormat(spec.measure.format),
  );
  const texts = format(axis.ticks);
  const lastLabel = measure(texts[texts.length - 1] ?? '') / 2;
  const ends = barEnds(spec, count, measure);
  const plot: Rect = {
    left,
    top: 2,
    width: Math.max(
      10,
      Math.floor(
        Math.min(
          width - left - Math.max(6, Math.ceil(lastLabel)),
          widthBeside(ends, axis.domain, width - left),
        ),
      ),
    ),
    height: room,
  };
  // A few bars in a tall card keep a sensible thickness instead of becoming blocks.
  const row = Math.max(MOST_BAR_ROW, Math.min(MOST_BAR_ROW_LARGE, room / 10));
  const used = Math.min(plot.height, count * row);
  plot.height = used;
  const bands = scaleBand<number>()
    .domain(names.map((_, index) => index))
    .range([plot.top, plot.top + used])
    .paddingInner(BAR_PADDING)
    .paddingOuter(BAR_PADDING / 2);
  const values = scaleLinear()
    .domain(axis.domain)
    .range([plot.left, plot.left + plot.width]);
  const labels = axis.ticks.map((tick, index) => ({ at: values(tick), text: texts[index] ?? '' }));
  const fitting = fittingLabels(
    labels.map((label) => ({ at: label.at, width: measure(label.text) })),
    0,
    width + 1,
  );
  return {
    width,
    height,
    plot,
    orientation: 'horizontal',
    count,
    position: (index) => (bands(index) ?? 0) + bands.bandwidth() / 2,
    band: bands.bandwidth(),
    value: (value) => values(value),
    zero: values(0),
    domain: axis.domain,
    valueLabels: fitting.flatMap((index) => {
      const label = labels[index];
      return label ? [{ ...label, anchor: 'middle' as const }] : [];
    }),
    placeLabels: names.map((name, index) => ({
      at: (bands(index) ?? 0) + bands.bandwidth() / 2,
      text: shorten(name, widest, measure),
      anchor: 'end',
    })),
    endLabels: ends.map(({ index, value, text }) => ({
      x: values(Math.max(value, 0)) + END_GAP,
      y: (bands(index) ?? 0) + bands.bandwidth() / 2,
      text,
    })),
    grid: axis.ticks.map((tick) => values(tick)),
  };
}

/** Layout of everything except heatmaps (see heat-geometry.ts). */
export function geometryOf(
  spec: ChartSpec,
  width: number,
  height: number,
  format: FormatTicks,
  measure: MeasureText = estimateText,
): Geometry {
  const bars = spec.kind === 'bar' || spec.kind === 'stacked_bar';
  if (bars && spec.x.type === 'category') {
    return horizontalBars(
      spec as ChartSpec & { x: { type: 'category' } },
      width,
      height,
      format,
      measure,
    );
  }
  const [low, high] = valueExtent(spec);
  const wanted = Math.max(2, Math.min(5, Math.floor(height / 46)));
  const axis = valueAxis(
    low,
    high,
    bars || spec.kind === 'area',
    wanted,
    isWholeFormat(spec.measure.format),
  );
  const texts = format(axis.ticks);
  const left = Math.ceil(Math.max(16, ...texts.map(measure))) + 8;
  const plot: Rect = {
    left,
    top: 7,
    width: Math.max(10, width - left - 8),
    height: Math.max(10, height - 7 - FONT - 11),
  };
  const values = scaleLinear()
    .domain(axis.domain)
    .range([plot.top + plot.height, plot.top]);
  const count = spec.x.values.length;
  let position: (index: number) => number;
  let band = 0;
  let candidates: { at: number; text: string }[];

  if (spec.x.type === 'time') {
    const { values: times, zone, grain, units = 1, calendar } = spec.x;
    const width = units * GRAIN_MS[grain ?? 'day'];
    const first = times[0] ?? 0;
    const lastStart = times[count - 1] ?? first;
    const end = bars ? nextBucket(lastStart, grain ?? 'day', zone, units) : lastStart;
    const scale = scaleLinear()
      .domain([first, end > first ? end : first + width])
      .range([plot.left, plot.left + plot.width]);
    if (bars) {
      // Buckets differ by an hour or by three days (months); the narrowest decides for all.
      let narrowest = plot.width;
      for (let index = 0; index < count; index += 1) {
        const at = times[index] ?? 0;
        const next = times[index + 1] ?? end;
        narrowest = Math.min(narrowest, scale(next) - scale(at));
      }
      const step = Math.max(1, Math.min(narrowest, 64));
      band = Math.max(1, step * (1 - BAR_PADDING));
      position = (index) => {
        const at = times[index] ?? first;
        return (scale(at) + scale(nextBucket(at, grain ?? 'day', zone, units))) / 2;
      };
    } else if (count === 1) {
      position = () => plot.left + plot.width / 2;
    } else {
      position = (index) => scale(times[index] ?? first);
    }
    if (bars) {
      // A bar is a whole bucket: its label stands under it and names where it begins.
      const step = GRAIN_MS[grain ?? 'day'];
      const texts = times.map((time) => tickLabel(time, zone, step, calendar));
      const widest = Math.max(0, ...texts.slice(0, 60).map(measure));
      const stride = bucketStride(count, widest, plot.width, grain === 'day' && units === 1);
      candidates = texts.flatMap((text, index) =>
        index % stride === 0 ? [{ at: position(index), text }] : [],
      );
    } else if (count === 1) {
      candidates = [
        { at: position(0), text: tickLabel(first, zone, GRAIN_MS[grain ?? 'day'], calendar) },
      ];
    } else {
      const minimum = units * GRAIN_MS[grain ?? 'second'] * 0.9;
      const ticks = timeTicks(first, end, zone, plot.width, calendar);
      const distance =
        ticks.length > 1 ? (ticks[1]?.value ?? 0) - (ticks[0]?.value ?? 0) : Infinity;
      candidates =
        distance < minimum && count <= 12
          ? times.map((time, index) => ({
              at: position(index),
              text: tickLabel(time, zone, GRAIN_MS[grain ?? 'day'], calendar),
            }))
          : ticks
              .filter((tick) => distance >= minimum || times.includes(tick.value))
              .map((tick) => ({
                at: scale(tick.value),
                text: tick.label,
              }));
    }
  } else {
    const bands = scaleBand<number>()
      .domain(spec.x.values.map((_, index) => index))
      .range([plot.left, plot.left + plot.width])
      .paddingInner(BAR_PADDING)
      .paddingOuter(BAR_PADDING / 2);
    band = bands.bandwidth();
    position = (index) => (bands(index) ?? 0) + bands.bandwidth() / 2;
    const stride = labelStride(count, Math.max(0, ...spec.x.values.map(measure)), plot.width);
    candidates = spec.x.values
      .map((text, index) => ({ at: position(index), text }))
      .filter((_, index) => index % stride === 0);
  }

  const placed = placeAlong(candidates, width, measure);
  return {
    width,
    height,
    plot,
    orientation: 'vertical',
    count,
    position,
    band,
    value: (value) => values(value),
    zero: values(Math.min(Math.max(0, axis.domain[0]), axis.domain[1])),
    domain: axis.domain,
    valueLabels: axis.ticks.map((tick, index) => ({
      at: values(tick),
      text: texts[index] ?? '',
      anchor: 'end' as const,
    })),
    placeLabels: placed,
    endLabels: [],
    grid: axis.ticks.map((tick) => values(tick)),
  };
}

/** Moves labels that would leave the card inwards, then drops those that touch. */
function placeAlong(
  candidates: readonly { at: number; text: string }[],
  width: number,
  measure: MeasureText,
): AxisLabel[] {
  const sized = candidates.map((label) => {
    const size = measure(label.text);
    const at = Math.min(Math.max(label.at, size / 2), width - size / 2);
    return { at, width: size, text: label.text };
  });
  return fittingLabels(sized, 0, width + 0.5, 10).flatMap((index) => {
    const label = sized[index];
    return label ? [{ at: label.at, text: label.text, anchor: 'middle' as const }] : [];
  });
}

/** Place nearest to a pointer, or null when outside the plot by more than a finger. */
export function nearestPlace(geometry: Geometry, x: number, y: number): number | null {
  const { plot, count } = geometry;
  const slack = 12;
  if (x < plot.left - slack || x > plot.left + plot.width + slack) return null;
  if (y < plot.top - slack || y > plot.top + plot.height + slack) return null;
  if (count === 0) return null;
  const target = geometry.orientation === 'horizontal' ? y : x;
  let low = 0;
  let high = count - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    const here = Math.abs(geometry.position(middle) - target);
    const next = Math.abs(geometry.position(middle + 1) - target);
    if (next < here) low = middle + 1;
    else high = middle;
  }
  return low;
}
