// Number: one measure, and how it changed.
import { chunkComponent } from '@/components/chunk-component';
import { firstMeasure } from '../widget-kind';
import type { WidgetKindSpec } from '../widget-kind';
import { toQuery } from './to-query';

export const number: WidgetKindSpec = {
  kind: 'number',
  label: 'Number',
  hint: 'One measure, and how it changed',
  icon: 'number',
  fields: {
    measures: { min: 1, max: 1 },
    dimensions: { min: 0, max: 0 },
    time: 'none',
    comparison: true,
  },
  size: { w: 3, h: 2 },
  defaults: (model) => ({
    measures: firstMeasure(model),
    dimensions: [],
    time: null,
    limit: null,
  }),
  toQuery,
  View: chunkComponent(() => import('./view')),
};
