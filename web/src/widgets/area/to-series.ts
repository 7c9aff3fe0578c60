// Series of a area: one a measure, or one a value of the splitting dimension.
import type { ChartSpec } from '@/charts/core/spec';
import { chartOf } from '../result-to-chart';
import type { ChartInput } from '../result-to-chart';

export const toSeries = (input: ChartInput): ChartSpec | null => chartOf('area', input);
