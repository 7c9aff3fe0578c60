// Area: how much there is over time, and of what.
import { chunkComponent } from '@/components/chunk-component';
import { firstMeasure, timeOf } from '../widget-kind';
import type { WidgetKindSpec } from '../widget-kind';
import { toQuery } from './to-query';

export const area: WidgetKindSpec = {
  kind: 'area',
  label: 'Area',
  hint: 'How much there is over time, and of what',
  icon: 'area',
  fields: {
    measures: { min: 1, max: 1 },
    dimensions: { min: 0, max: 1 },
    time: 'required',
    comparison: false,
  },
  size: { w: 6, h: 5 },
  defaults: (model) => ({
    measures: firstMeasure(model),
    dimensions: [],
    time: timeOf(model),
    limit: null,
    fill: 'null',
  }),
  toQuery,
  View: chunkComponent(() => import('./view')),
};
