// Eight series are the most a reader can tell apart. The rest becomes "Other" where adding up makes
// sense (counts and sums), and is left out with a note where it does not (averages, distinct counts).

import { OTHER_LABEL } from '@/lib/others';
import { NEUTRAL_SLOT } from './color-map';
import type { ChartSeries } from './spec';

export const MAX_SERIES = 8;

export interface TopSeries {
  series: ChartSeries[];
  note: string | null;
}

const total = (series: ChartSeries): number =>
  series.values.reduce<number>((sum, value) => sum + Math.abs(value ?? 0), 0);

export function topSeries(
  all: readonly ChartSeries[],
  additive: boolean,
  max = MAX_SERIES,
): TopSeries {
  // What the engine told of all other values is no series among the others.
  const told = all.filter((series) => series.role === 'other');
  const named = all.filter((series) => series.role !== 'other');
  if (named.length <= max) return { series: [...named, ...told], note: null };
  const ranked = named
    .map((series) => ({ series, size: total(series) }))
    .sort((a, b) => b.size - a.size || a.series.label.localeCompare(b.series.label));
  const keep = additive && told.length === 0 ? max - 1 : max;
  const kept = new Set(ranked.slice(0, keep).map((entry) => entry.series));
  const series = named.filter((entry) => kept.has(entry));
  if (!additive) {
    const rest = told.length === 0 ? '' : `, ${OTHER_LABEL.toLowerCase()} values in the table`;
    return { series, note: `Top ${max} of ${named.length} shown${rest}` };
  }
  const rest = all.filter((entry) => !kept.has(entry));
  const values = (all[0]?.values ?? []).map((_, index) => {
    const present = rest
      .map((entry) => entry.values[index])
      .filter((value): value is number => value !== null && value !== undefined);
    return present.length === 0 ? null : present.reduce((sum, value) => sum + value, 0);
  });
  return {
    series: [
      ...series,
      {
        id: '__other',
        // How many there are is known only where all of them are here.
        label: told.length === 0 ? `${OTHER_LABEL} (${rest.length})` : OTHER_LABEL,
        values,
        slot: NEUTRAL_SLOT,
        role: 'other',
        member: null,
        raw: null,
      },
    ],
    note: null,
  };
}
