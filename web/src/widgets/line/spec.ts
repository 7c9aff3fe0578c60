// Line: how measures move over time.
import { chunkComponent } from '@/components/chunk-component';
import { firstMeasure, timeOf } from '../widget-kind';
import type { WidgetKindSpec } from '../widget-kind';
import { toQuery } from './to-query';

export const line: WidgetKindSpec = {
  kind: 'line',
  label: 'Line',
  hint: 'How measures move over time',
  icon: 'line',
  fields: {
    measures: { min: 1, max: 8 },
    dimensions: { min: 0, max: 1 },
    time: 'required',
    comparison: true,
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
