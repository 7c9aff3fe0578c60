// Series of stacked bars. Without a time, places are ordered by their total, the largest first, and the
// others last: the rows come by part, not by place.
import type { ChartSpec } from '@/charts/core/spec';
import { chartOf } from '../result-to-chart';
import type { ChartInput } from '../result-to-chart';

export function toSeries(input: ChartInput): ChartSpec | null {
  const spec = chartOf('stacked_bar', input);
  if (!spec || spec.x.type !== 'category') return spec;
  const totals = spec.x.values.map((_, index) =>
    spec.series.reduce((sum, series) => sum + Math.abs(series.values[index] ?? 0), 0),
  );
  const { other } = spec.x;
  const order = totals
    .map((_, index) => index)
    .sort(
      (a, b) => Number(a === other) - Number(b === other) || (totals[b] ?? 0) - (totals[a] ?? 0),
    );
  const sorted = <T>(values: readonly T[]): T[] =>
    order.flatMap((index) => (index in values ? [values[index] as T] : []));
  return {
    ...spec,
    x: { ...spec.x, values: sorted(spec.x.values), raw: sorted(spec.x.raw) },
    series: spec.series.map((series) => ({ ...series, values: sorted(series.values) })),
  };
}
