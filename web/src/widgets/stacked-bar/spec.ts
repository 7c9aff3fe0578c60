// Stacked bars: what a total is made of.
import { chunkComponent } from '@/components/chunk-component';
import { canRank, categoryOf, firstMeasure, timeOf, usualTop } from '../widget-kind';
import type { WidgetKindSpec } from '../widget-kind';
import { toQuery } from './to-query';

export const stackedBar: WidgetKindSpec = {
  kind: 'stacked_bar',
  label: 'Stacked bars',
  hint: 'What a total is made of',
  icon: 'stackedBars',
  fields: {
    measures: { min: 1, max: 1 },
    dimensions: { min: 1, max: 2 },
    time: 'optional',
    comparison: false,
  },
  size: { w: 6, h: 5 },
  defaults: (model) => {
    const category = categoryOf(model);
    const time = timeOf(model);
    return {
      measures: firstMeasure(model),
      dimensions: category ? [category] : [],
      time: time ? { ...time, grain: 'month' } : null,
      limit: null,
      top: category && time && canRank(model) ? usualTop(category) : null,
      fill: time ? 'null' : null,
    };
  },
  toQuery,
  View: chunkComponent(() => import('./view')),
};
