// Map: where on earth a measure is high.
import { chunkComponent } from '@/components/chunk-component';
import { pointsOf } from '@/lib/points';
import { firstMeasure } from '../widget-kind';
import type { WidgetKindSpec } from '../widget-kind';
import { toQuery } from './to-query';

export const map: WidgetKindSpec = {
  kind: 'map',
  label: 'Map',
  hint: 'Where on earth a measure is high',
  icon: 'map',
  fields: {
    measures: { min: 1, max: 2 },
    dimensions: { min: 2, max: 4 },
    time: 'none',
    comparison: false,
    point: true,
  },
  size: { w: 6, h: 7 },
  defaults: (model) => {
    const [point] = pointsOf(model);
    return {
      measures: firstMeasure(model),
      dimensions: point ? [point.latitude, point.longitude] : [],
      time: null,
      limit: null,
    };
  },
  toQuery,
  View: chunkComponent(() => import('./view')),
};
