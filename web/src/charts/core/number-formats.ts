// How a chart writes its measure: compact on the axis, full in tooltips and readings.
import { formatNumber, formatTicks } from '@/lib/format';
import type { ChartSeries, ChartSpec } from './spec';

/** Whether a format writes whole numbers only: the preset, or a d3-format of integers. */
export const isWholeFormat = (format: string | null): boolean =>
  format === 'integer' || (format !== null && /^[^%]*d$/.test(format));

export interface MeasureFormats {
  ticks: (ticks: number[]) => string[];
  full: (value: number | null, series?: ChartSeries) => string;
}

/** What is to know of the measure behind a series. */
export const measureOf = (spec: Pick<ChartSpec, 'measure'>, series?: ChartSeries) =>
  series?.measure ?? spec.measure;

export function measureFormats(spec: Pick<ChartSpec, 'measure'>): MeasureFormats {
  const format = spec.measure.format;
  return {
    ticks: (ticks) => formatTicks(ticks, format),
    full: (value, series) => formatNumber(value, measureOf(spec, series).format, 'full'),
  };
}
