// Bars: which values are largest.
import { chunkComponent } from '@/components/chunk-component';
import { categoryOf, firstMeasure, timeOf } from '../widget-kind';
import type { WidgetKindSpec } from '../widget-kind';
import { toQuery } from './to-query';

export const bar: WidgetKindSpec = {
  kind: 'bar',
  label: 'Bars',
  hint: 'Which values are largest',
  icon: 'bars',
  fields: {
    measures: { min: 1, max: 3 },
    dimensions: { min: 0, max: 1 },
    time: 'optional',
    comparison: true,
    comparesLater: true,
  },
  size: { w: 4, h: 5 },
  defaults: (model) => {
    const category = categoryOf(model);
    return {
      measures: firstMeasure(model),
      dimensions: category ? [category] : [],
      time: category ? null : timeOf(model),
      limit: category ? 10 : null,
    };
  },
  toQuery,
  View: chunkComponent(() => import('./view')),
};
