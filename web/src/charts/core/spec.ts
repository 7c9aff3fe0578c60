// The one description of a chart. Widgets produce it, both renderers and the accessible layer read
// it. It holds numbers and labels only: no pixels, no colours (a slot number instead), no markup.

import type { Calendar } from '@/api/types';

export type ChartKind = 'line' | 'area' | 'bar' | 'stacked_bar' | 'heatmap';

/** Grains in which a time axis can be bucketed; the words of the query language. */
export type Grain = 'second' | 'minute' | 'hour' | 'day' | 'week' | 'month' | 'quarter' | 'year';

export interface TimeAxis {
  type: 'time';
  label: string;
  grain: Grain | null;
  /** How many of the grain a bucket is wide; one where nothing is said. */
  units?: number | undefined;
  /** IANA zone in which buckets begin and labels are written. */
  zone: string;
  /** Of the question, where it has one; else that of the organisation names years. */
  calendar?: Calendar | undefined;
  /** Bucket starts as epoch milliseconds, ascending. */
  values: number[];
}

export interface CategoryAxis {
  type: 'category';
  label: string;
  /** Member behind the categories, so that a click can filter by it; null when not filterable. */
  member: string | null;
  values: string[];
  /** Raw values in the same order, for filters (a missing value is null). */
  raw: (string | number | boolean | null)[];
  /** The place of all other values together, the last one; nothing can be filtered by it. */
  other?: number | undefined;
}

export type ChartAxis = TimeAxis | CategoryAxis;

export interface ChartSeries {
  id: string;
  label: string;
  /** One value per place on the x axis; null is a gap, never zero. */
  values: (number | null)[];
  /** Place in the palette; -1 is the neutral colour of "Other" and of comparisons. */
  slot: number;
  role: 'value' | 'comparison' | 'other';
  /** Of a comparison, where several series have one: the id of the series that it is of. */
  of?: string;
  /** What is to know of its own measure, where each series has one; else that of the chart. */
  measure?: Pick<ChartSpec['measure'], 'format' | 'lowerIsBetter'>;
  /** Member and value behind the series when a dimension splits it. */
  member: string | null;
  raw: string | number | boolean | null;
}

export interface ChartSpec {
  kind: ChartKind;
  title: string;
  x: ChartAxis;
  series: ChartSeries[];
  measure: {
    label: string;
    /** Format name or d3-format string, handed to the one formatter. */
    format: string | null;
    lowerIsBetter: boolean;
  };
  /** Index of the first bucket that may still receive rows, or null. */
  incompleteFrom: number | null;
  /** Live pictures are always drawn on canvas. */
  live: boolean;
  /** Plain sentence about what was left out ("Top 8 of 105"), or null. */
  note: string | null;
}

/** What the series of the period before are called, wherever it is clear of what they are. */
export const PREVIOUS_LABEL = 'Previous period';

/** What a mark stands for: handed to click handlers and to the keyboard reader. */
export interface ChartPoint {
  index: number;
  seriesId: string;
}

export const isEmptySpec = (spec: ChartSpec): boolean =>
  spec.x.values.length === 0 ||
  spec.series.every((series) => series.values.every((value) => value === null));

/** The place that stands for all other values together, or null. */
export const otherPlace = (spec: ChartSpec): number | null =>
  (spec.x.type === 'category' ? spec.x.other : null) ?? null;

const hasLonely = ({ values }: ChartSeries): boolean =>
  values.length > 1 &&
  values.some(
    (value, at) =>
      value !== null && (values[at - 1] ?? null) === null && (values[at + 1] ?? null) === null,
  );

/** Renderer choice of the measured caps: canvas for everything live or dense, SVG for the rest. */
export function rendererFor(spec: ChartSpec): 'canvas' | 'recharts' {
  // Only the canvas dashes a bucket that is not complete yet.
  if (spec.live || spec.kind === 'heatmap' || spec.incompleteFrom !== null) return 'canvas';
  // Only the canvas gives one bar of a series another colour.
  if (otherPlace(spec) !== null) return 'canvas';
  // Only the canvas draws across a bar how long it was before.
  const bars = spec.kind === 'bar' || spec.kind === 'stacked_bar';
  if (bars && spec.series.some(({ role }) => role === 'comparison')) return 'canvas';
  const marks = spec.x.values.length * spec.series.length;
  if (bars) return marks <= 100 ? 'recharts' : 'canvas';
  // Only the canvas draws a value between two gaps, of which no line is made, as a dot.
  return marks <= 1000 && !spec.series.some(hasLonely) ? 'recharts' : 'canvas';
}
