// The chart in words: a one-sentence summary, and one sentence per point for keyboard readers.

import { SO_FAR } from '@/lib/running-period';
import type { ChartSeries, ChartSpec } from './spec';
import { bucketLabel } from './time-labels';

export type FormatValue = (value: number | null, series?: ChartSeries) => string;

export function placeLabel(spec: ChartSpec, index: number): string {
  if (spec.x.type === 'category') return spec.x.values[index] ?? '';
  const { values, zone, grain, calendar } = spec.x;
  const time = values[index];
  return time === undefined ? '' : bucketLabel(time, zone, grain, calendar);
}

/** Largest first, all other values together last. */
export function largestFirst(
  series: readonly ChartSeries[],
  index: number,
): { series: ChartSeries; value: number | null }[] {
  const isOther = (entry: ChartSeries): number => Number(entry.role === 'other');
  return series
    .map((entry) => ({ series: entry, value: entry.values[index] ?? null }))
    .sort(
      (a, b) =>
        isOther(a.series) - isOther(b.series) || (b.value ?? -Infinity) - (a.value ?? -Infinity),
    );
}

/** What the arrow keys say: place first, then every series, largest first. */
export function readPlace(spec: ChartSpec, index: number, format: FormatValue): string {
  const words = largestFirst(spec.series, index).map(({ series, value }) =>
    spec.series.length === 1 ? format(value) : `${series.label} ${format(value, series)}`,
  );
  const open = spec.incompleteFrom !== null && index >= spec.incompleteFrom ? ` (${SO_FAR})` : '';
  return `${placeLabel(spec, index)}${open}: ${words.join(', ')}`;
}

const sum = (values: readonly (number | null)[]): number =>
  values.reduce<number>((total, value) => total + (value ?? 0), 0);

export function summarize(spec: ChartSpec, format: FormatValue): string {
  const shown = spec.series.filter((series) => series.role !== 'comparison');
  const places = spec.x.values.length;
  if (places === 0 || shown.length === 0) return `${spec.title}: no values.`;
  const unit = spec.x.type === 'time' ? (spec.x.grain ?? 'point') : spec.x.label.toLowerCase();
  const count = `${places} ${unit}${places === 1 || spec.x.type === 'category' ? '' : 's'}`;
  const single = shown.length === 1 ? shown[0] : undefined;
  if (single) {
    let high = -1;
    let low = -1;
    single.values.forEach((value, index) => {
      if (value === null) return;
      if (high < 0 || value > (single.values[high] ?? -Infinity)) high = index;
      if (low < 0 || value < (single.values[low] ?? Infinity)) low = index;
    });
    if (high < 0) return `${spec.title}: no values.`;
    const top = `highest ${placeLabel(spec, high)} with ${format(single.values[high] ?? null)}`;
    const bottom = `lowest ${placeLabel(spec, low)} with ${format(single.values[low] ?? null)}`;
    return `${spec.measure.label} by ${count}: ${top}, ${bottom}.`;
  }
  const leader = [...shown]
    .filter((series) => series.role !== 'other')
    .sort((a, b) => sum(b.values) - sum(a.values))[0];
  return `${spec.measure.label} by ${count} in ${shown.length} series; largest is ${leader?.label ?? ''}.`;
}
