// Heatmap: where in two directions a measure is high.
import { chunkComponent } from '@/components/chunk-component';
import { categoryOf, firstMeasure, timeOf } from '../widget-kind';
import type { WidgetKindSpec } from '../widget-kind';
import { toQuery } from './to-query';

export const heatmap: WidgetKindSpec = {
  kind: 'heatmap',
  label: 'Heatmap',
  hint: 'Where in two directions a measure is high',
  icon: 'heatmap',
  fields: {
    measures: { min: 1, max: 1 },
    dimensions: { min: 1, max: 2 },
    time: 'optional',
    comparison: false,
  },
  size: { w: 6, h: 6 },
  defaults: (model) => {
    const first = categoryOf(model);
    const time = timeOf(model);
    const second = time || first === null ? null : categoryOf(model, [first]);
    return {
      measures: firstMeasure(model),
      dimensions: [first, second].filter((name) => name !== null),
      time: time ? { ...time, grain: 'month' } : null,
      limit: null,
    };
  },
  toQuery,
  View: chunkComponent(() => import('./view')),
};
