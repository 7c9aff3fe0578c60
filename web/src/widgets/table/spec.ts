// Table: the numbers themselves.
import { chunkComponent } from '@/components/chunk-component';
import { categoryOf, member } from '../widget-kind';
import type { WidgetKindSpec } from '../widget-kind';
import { toQuery } from './to-query';

export const table: WidgetKindSpec = {
  kind: 'table',
  label: 'Table',
  hint: 'The numbers themselves',
  icon: 'table',
  fields: {
    measures: { min: 0, max: 12 },
    dimensions: { min: 0, max: 8 },
    time: 'optional',
    comparison: false,
  },
  size: { w: 6, h: 5 },
  defaults: (model) => {
    const category = categoryOf(model);
    return {
      measures: model.measures.slice(0, 3).map((measure) => member(model, measure.name)),
      dimensions: category ? [category] : [],
      time: null,
      limit: 100,
    };
  },
  toQuery,
  View: chunkComponent(() => import('./view')),
};
