// From a columnar result to a chart specification. Shared by all kinds that draw series; each kind's
// to-series.ts says how it wants them.
import { NEUTRAL_SLOT, slotsFor } from '@/charts/core/color-map';
import type { ColorAssignments } from '@/charts/core/color-map';
import type {
  ChartAxis,
  ChartKind,
  ChartSeries,
  ChartSpec,
  Grain,
  TimeAxis,
} from '@/charts/core/spec';
import { PREVIOUS_LABEL } from '@/charts/core/spec';
import { topSeries } from '@/charts/core/top-series';
import { bucketPlaces } from '@/lib/bucket-places';
import { GRAIN_MS, nextBucket, unitsOf } from '@/lib/zoned-time';
import { formatCell, formatNumber } from '@/lib/format';
import { OTHER_LABEL } from '@/lib/others';
import { runningTest } from '@/lib/running-period';
import type { Cell, Model, QueryResult, Widget } from '@/api/types';
import { readWithOthers } from './read-with-others';
import type { ReadWithOthers } from './read-with-others';
import { isAdditive, lowerIsBetter, numberAt, readColumns, splitOf } from './result-columns';
import type { ReadColumn } from './result-columns';

export interface ChartInput {
  widget: Widget;
  result: QueryResult;
  comparison: QueryResult | null;
  models: readonly Model[];
  colors: ColorAssignments;
  zone: string;
  live: boolean;
}

// A chart names and filters by plain values; a struct or list is its JSON.
const rawOf = (value: Cell) =>
  typeof value === 'object' && value !== null ? JSON.stringify(value) : value;

const MOST_BUCKETS = 5_000;

/** Buckets between the first and the last, so that missing ones are seen as gaps. */
export function filledBuckets(
  present: readonly number[],
  grain: Grain | null,
  zone: string,
  units = 1,
): number[] {
  const sorted = [...new Set(present)].sort((a, b) => a - b);
  const first = sorted[0];
  const last = sorted[sorted.length - 1];
  if (grain === null || first === undefined || last === undefined) return sorted;
  if ((last - first) / (units * GRAIN_MS[grain]) > MOST_BUCKETS) return sorted;
  const known = new Set(sorted);
  const buckets: number[] = [];
  for (let at = first; at <= last; at = nextBucket(at, grain, zone, units)) {
    buckets.push(at);
    known.delete(at);
  }
  // Buckets that do not fall on our calendar mean that the server counts differently: trust it.
  return known.size === 0 ? buckets : sorted;
}

const keyOf = (value: Cell): string => (value === null ? '\u0000' : String(value));

/** No value of a dimension, and equal to none. */
const OTHER = Symbol('other');

type Clock = Pick<ChartInput, 'widget' | 'zone' | 'result'>;

/** What the answer was made by, where its question said so; else what everything is written by. */
export const calendarOf = ({ widget, result }: Pick<ChartInput, 'widget' | 'result'>) =>
  result.provenance.calendar ?? widget.query.calendar ?? undefined;

export const textOf = (value: Cell, column: ReadColumn, clock: Clock): string =>
  value === null
    ? '(no value)'
    : formatCell(value, { ...column.column, zone: clock.zone, calendar: calendarOf(clock) });

function places(
  read: ReadWithOthers,
  category: ReadColumn | undefined,
  clock: Clock,
): { axis: ChartAxis; rows: Map<string | symbol, number> } | null {
  if (read.time) {
    const { zone } = clock;
    const grain = read.time.column.grain ?? null;
    const instants = read.time.values.map((value) => Date.parse(String(value)));
    const units = unitsOf(read.time.column.interval);
    const values = filledBuckets(instants.filter(Number.isFinite), grain, zone, units);
    const { label } = read.time.column;
    const calendar = calendarOf(clock);
    const axis: ChartAxis = { type: 'time', label, grain, units, zone, calendar, values };
    return { axis, rows: new Map(values.map((value, index) => [String(value), index])) };
  }
  if (!category) return null;
  const rows = new Map<string | symbol, number>();
  const raw: ReturnType<typeof rawOf>[] = [];
  category.values.forEach((value, row) => {
    const key = read.isOther(category, row) ? OTHER : keyOf(value);
    if (rows.has(key)) return;
    rows.set(key, raw.length);
    raw.push(rawOf(value));
  });
  // Their rows come last, and so does their place.
  const other = rows.get(OTHER);
  const axis: ChartAxis = {
    type: 'category',
    label: category.column.label,
    member: category.column.name,
    values: raw.map((value, at) => (at === other ? OTHER_LABEL : textOf(value, category, clock))),
    raw,
    other,
  };
  return { axis, rows };
}

/** Drawn last, in the colour of nothing, and nothing can be filtered by it. */
const otherSeries = (values: (number | null)[]): ChartSeries => ({
  id: '__other',
  label: OTHER_LABEL,
  values,
  slot: NEUTRAL_SLOT,
  role: 'other',
  member: null,
  raw: null,
});

export function chartOf(kind: ChartKind, input: ChartInput): ChartSpec | null {
  const { widget, result, models, colors } = input;
  const read = readWithOthers(result);
  const measure = read.measures[0];
  if (!measure) return null;
  const category = read.time ? undefined : read.dimensions[0];
  const split = splitOf(read);
  const placed = places(read, category, input);
  if (!placed) return null;
  const { axis, rows } = placed;
  const count = axis.values.length;
  const placeOf = (row: number): number | undefined => {
    if (read.time) return rows.get(String(Date.parse(String(read.time.values[row]))));
    if (read.isOther(category, row)) return rows.get(OTHER);
    return category ? rows.get(keyOf(category.values[row] ?? null)) : undefined;
  };

  let series: ChartSeries[];
  let note: string | null = null;
  if (split) {
    const member = split.column.name;
    const byValue = new Map<string | symbol, ChartSeries>();
    for (let row = 0; row < read.rowCount; row += 1) {
      const value = split.values[row] ?? null;
      const isOther = read.isOther(split, row);
      const key = isOther ? OTHER : keyOf(value);
      let entry = byValue.get(key);
      if (!entry) {
        const values = new Array<number | null>(count).fill(null);
        entry = isOther
          ? otherSeries(values)
          : {
              id: `v${keyOf(value)}`,
              label: textOf(value, split, input),
              values,
              slot: 0,
              role: 'value',
              member,
              raw: rawOf(value),
            };
        byValue.set(key, entry);
      }
      const at = placeOf(row);
      if (at !== undefined) entry.values[at] = numberAt(measure.values, row);
    }
    const top = topSeries([...byValue.values()], isAdditive(measure.column.name, models));
    note = top.note;
    const named = top.series
      .filter((entry) => entry.role === 'value')
      .sort((a, b) => a.label.localeCompare(b.label, undefined, { numeric: true }));
    const slots = slotsFor(
      colors,
      member,
      named.map((entry) => keyOf(entry.raw)),
    );
    series = [
      ...named.map((entry, index) => ({ ...entry, slot: slots[index] ?? 0 })),
      ...top.series.filter((entry) => entry.role === 'other'),
    ];
  } else {
    series = read.measures.map((entry, index) => {
      const values = new Array<number | null>(count).fill(null);
      for (let row = 0; row < read.rowCount; row += 1) {
        const at = placeOf(row);
        if (at !== undefined) values[at] = numberAt(entry.values, row);
      }
      return {
        id: entry.column.name,
        label: entry.column.label,
        values,
        slot: index,
        role: 'value' as const,
        member: null,
        raw: null,
        measure: wordsOf(entry, input),
      };
    });
    series.push(...seriesBefore(kind, input, read.measures, axis, rows));
  }
  const firstRunning =
    axis.type === 'time' ? axis.values.findIndex(runningTest(result.provenance)) : -1;
  return {
    kind,
    title: widget.title,
    x: axis,
    series,
    measure: {
      label: measure.column.label,
      ...wordsOf(measure, input),
    },
    incompleteFrom: firstRunning < 0 ? null : firstRunning,
    live: input.live,
    note: result.provenance.truncated
      ? [note, `First ${formatNumber(result.row_count, 'integer')} shown, there are more`]
          .filter(Boolean)
          .join(' · ')
      : note,
  };
}

/** What is to know of a measure: what the widget says of all it shows, else what the measure says of itself. */
const wordsOf = ({ column }: ReadColumn, { widget, models }: ChartInput) => ({
  format: widget.options?.format ?? column.format ?? null,
  lowerIsBetter: widget.options?.lower_is_better ?? lowerIsBetter(column.name, models),
});

/**
 * What each measure was in the period before. Of one it is grey; lines of several have the colours of theirs, and what stands across
 * bars is told apart by where it stands. Areas of several stand on each other, where what was before would have no place.
 */
function seriesBefore(
  kind: ChartKind,
  input: ChartInput,
  measures: readonly ReadColumn[],
  axis: ChartAxis,
  rows: ReadonlyMap<string | symbol, number>,
): ChartSeries[] {
  const single = measures.length === 1;
  if (kind === 'area' && !single) return [];
  return measures.flatMap((measure, index): ChartSeries[] => {
    const { name, label } = measure.column;
    const values =
      axis.type === 'time'
        ? bucketsBefore(input, axis, name)
        : kind === 'bar'
          ? valuesBefore(input, rows, name)
          : null;
    if (!values) return [];
    return [
      {
        id: single ? '__previous' : `__previous ${name}`,
        label: single ? PREVIOUS_LABEL : `${label}, previous period`,
        values,
        slot: single || kind === 'bar' ? NEUTRAL_SLOT : index,
        role: 'comparison',
        of: name,
        member: null,
        raw: null,
        measure: wordsOf(measure, input),
      },
    ];
  });
}

const measureNamed = (measures: readonly ReadColumn[], name: string): ReadColumn | undefined =>
  measures.find(({ column }) => column.name === name);

/** The previous period, value by value of the dimension; all others together were others then, and are not held against these. */
function valuesBefore(
  { comparison }: ChartInput,
  rows: ReadonlyMap<string | symbol, number>,
  name: string,
): (number | null)[] | null {
  if (!comparison) return null;
  const read = readWithOthers(comparison);
  const measure = measureNamed(read.measures, name);
  const [category] = read.dimensions;
  if (!measure || !category) return null;
  const values = new Array<number | null>(rows.size).fill(null);
  for (let row = 0; row < read.rowCount; row += 1) {
    const at = read.isOther(category, row)
      ? undefined
      : rows.get(keyOf(category.values[row] ?? null));
    if (at !== undefined) values[at] = numberAt(measure.values, row);
  }
  return values;
}

/** The previous period, bucket by bucket under the current one. */
function bucketsBefore(input: ChartInput, axis: TimeAxis, name: string): (number | null)[] | null {
  const { result, comparison, zone } = input;
  if (!comparison) return null;
  const now = readColumns(result).time;
  const read = readColumns(comparison);
  const measure = measureNamed(read.measures, name);
  if (!measure || !read.time || !now) return null;
  const instants = read.time.values.map((value) => Date.parse(String(value)));
  const before = bucketPlaces(instants, read.time.column, comparison.provenance, zone);
  const byPlace = new Map<number, number | null>();
  instants.forEach((instant, row) => {
    const place = before.get(instant);
    // Of an hour that was there twice the first.
    if (place !== undefined && !byPlace.has(place))
      byPlace.set(place, numberAt(measure.values, row));
  });
  const places = bucketPlaces(axis.values, now.column, result.provenance, zone);
  return axis.values.map((bucket) => byPlace.get(places.get(bucket) ?? NaN) ?? null);
}
