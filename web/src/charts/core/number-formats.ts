// How a chart writes its measure: compact on the axis, full in tooltips and readings.
import { formatNumber, formatTicks } from '@/lib/format';
import type { ChartSpec } from './spec';

export interface MeasureFormats {
  ticks: (ticks: number[]) => string[];
  full: (value: number | null) => string;
}

export function measureFormats(spec: Pick<ChartSpec, 'measure'>): MeasureFormats {
  const format = spec.measure.format;
  return {
    ticks: (ticks) => formatTicks(ticks, format),
    full: (value) => formatNumber(value, format, 'full'),
  };
}
