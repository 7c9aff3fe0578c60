// A dashboard of twelve cards on the made-up flights, and how one of their queries is answered.
import type {
  Dashboard,
  Explanation,
  SemanticQuery,
  Widget,
  WidgetKind,
  WidgetOptions,
} from '@/api/types';
import { engineZone } from './fake-engine';

const time = 'flights.time_hour';

function widget(
  id: string,
  kind: WidgetKind,
  title: string,
  [x, y, w, h]: [number, number, number, number],
  query: SemanticQuery,
  options: WidgetOptions = {},
): Widget {
  return { id, kind, title, layout: { x, y, w, h }, query, options };
}

const over = (granularity: 'day' | 'week' | 'month'): SemanticQuery['timeDimensions'] => [
  { dimension: time, granularity },
];

export const flightsDashboard: Dashboard = {
  id: 'd1',
  title: 'Flights from New York',
  description: 'Departures of 2013: how many, how late, by whom.',
  version: 4,
  updated_at: '2026-11-22T18:42:00Z',
  updated_by: 'Ada Lindqvist',
  definition: {
    schema: 1,
    timezone: engineZone,
    time: { range: 'last 90 days of data', grain: null },
    time_dimension: time,
    filters: [],
    widgets: [
      widget(
        'w1',
        'number',
        'Flights',
        [0, 0, 3, 2],
        { measures: ['flights.count'] },
        { comparison: 'previous_period' },
      ),
      widget(
        'w2',
        'number',
        'Average delay',
        [3, 0, 3, 2],
        { measures: ['flights.avg_arr_delay'] },
        { comparison: 'previous_period', lower_is_better: true },
      ),
      widget(
        'w3',
        'number',
        'Share late',
        [6, 0, 3, 2],
        { measures: ['flights.share_late'] },
        { comparison: 'previous_period', lower_is_better: true },
      ),
      widget(
        'w4',
        'number',
        'Distance flown',
        [9, 0, 3, 2],
        { measures: ['flights.sum_distance'] },
        { comparison: 'previous_period' },
      ),
      widget(
        'w5',
        'line',
        'Flights per day',
        [0, 2, 8, 5],
        { measures: ['flights.count'], timeDimensions: over('day') },
        { comparison: 'previous_period' },
      ),
      widget('w6', 'bar', 'Flights by carrier', [8, 2, 4, 5], {
        measures: ['flights.count'],
        dimensions: ['flights.carrier'],
        order: [['flights.count', 'desc']],
        limit: 20,
      }),
      widget('w7', 'line', 'Delay by origin', [0, 7, 6, 5], {
        measures: ['flights.avg_arr_delay'],
        dimensions: ['flights.origin'],
        timeDimensions: over('week'),
      }),
      widget('w8', 'stacked_bar', 'Flights by carrier and week', [6, 7, 6, 5], {
        measures: ['flights.count'],
        dimensions: ['flights.carrier'],
        timeDimensions: over('week'),
      }),
      widget('w9', 'area', 'Flights by origin', [0, 12, 4, 5], {
        measures: ['flights.count'],
        dimensions: ['flights.origin'],
        timeDimensions: over('day'),
      }),
      widget('w10', 'heatmap', 'Delay by carrier and month', [4, 12, 8, 5], {
        measures: ['flights.avg_arr_delay'],
        dimensions: ['flights.carrier'],
        timeDimensions: over('month'),
      }),
      widget('w11', 'stacked_bar', 'Carriers by origin', [0, 17, 5, 6], {
        measures: ['flights.count'],
        dimensions: ['flights.carrier', 'flights.origin'],
      }),
      widget('w12', 'table', 'Carriers', [5, 17, 7, 6], {
        measures: ['flights.count', 'flights.avg_arr_delay', 'flights.share_late'],
        dimensions: ['flights.carrier'],
        limit: 100,
      }),
    ],
  },
};

export const explanation: Explanation = {
  dataset: 'flights',
  version: 3,
  segments_total: 14,
  segments_pruned: 2,
  segments_kept: 9,
  segments_by_rollup: 2,
  segments_from_rows: 1,
  rows: 28_279,
  bytes: 1_204_221,
  cost: 1,
  estimated_ms: 12.4,
  budget: { rows: 1_000_000 },
  within_budget: true,
  suggestions: [],
  aggregates: [{ aggregate: 'count(*)', kernel: 'rows of each group are counted' }],
  rollups: [
    { name: 'hourly', segments: 2 },
    { name: 'carriers', segments: 0, lacks: 'it does not keep tailnum' },
  ],
  plan: 'SegmentAggregateExec: source=[harbour/flights at version 3]\n',
};
