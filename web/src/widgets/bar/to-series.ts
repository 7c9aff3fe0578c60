// Series of bars: one a measure, side by side, or one a value of the second dimension.
import type { ChartSpec } from '@/charts/core/spec';
import { chartOf } from '../result-to-chart';
import type { ChartInput } from '../result-to-chart';

export const toSeries = (input: ChartInput): ChartSpec | null => chartOf('bar', input);
