// What several measures were in the period before: each of them is held against its own, over time and by values.
import { describe, expect, it } from 'vitest';
import type { QueryResult, ResultColumn, WidgetKind } from '@/api/types';
import { NEUTRAL_SLOT } from '@/charts/core/color-map';
import { answer } from '@/testing/fake-engine';
import { chartOf } from './result-to-chart';

const { provenance } = answer({ measures: ['flights.count'] });
const city: ResultColumn = {
  name: 's.city',
  label: 'City',
  type: 'string',
  role: 'dimension',
  format: null,
};
const day: ResultColumn = {
  name: 's.at',
  label: 'At',
  type: 'timestamp',
  role: 'time',
  grain: 'day',
  format: null,
};
const measure = (name: string, format: string | null = null): ResultColumn => ({
  name: `s.${name}`,
  label: name,
  type: 'float',
  role: 'measure',
  format,
});

function of(place: ResultColumn, places: string[], days: [string, string]) {
  return (sold: number[], share: number[]): QueryResult => ({
    columns: [place, measure('sold', 'integer'), measure('share', 'percent')],
    data: [places, sold, share],
    row_count: places.length,
    provenance: {
      ...provenance,
      timezone: 'UTC',
      time_range: { from: `${days[0]}T00:00:00Z`, to: `${days[1]}T00:00:00Z` },
    },
  });
}

const drawn = (kind: WidgetKind, result: QueryResult, comparison: QueryResult | null) =>
  chartOf(kind === 'line' ? 'line' : kind === 'area' ? 'area' : 'bar', {
    widget: { id: 'w', kind, title: 'Sales', layout: { x: 0, y: 0, w: 6, h: 5 }, query: {} },
    result,
    comparison,
    models: [],
    colors: {},
    zone: 'UTC',
    live: false,
  })!.series;

const byCity = of(city, ['Rome', 'Oslo'], ['2026-09-03', '2026-09-05']);
const earlierByCity = of(city, ['Oslo', 'Rome'], ['2026-09-01', '2026-09-03']);
const byDay = of(
  day,
  ['2026-09-03T00:00:00Z', '2026-09-04T00:00:00Z'],
  ['2026-09-03', '2026-09-05'],
);
const earlierByDay = of(
  day,
  ['2026-09-01T00:00:00Z', '2026-09-02T00:00:00Z'],
  ['2026-09-01', '2026-09-03'],
);

describe('several measures', () => {
  it('as bars are held against the same measure of the same value', () => {
    const series = drawn('bar', byCity([5, 4], [0.5, 0.4]), earlierByCity([1, 2], [0.1, 0.2]));
    const before = series.filter(({ role }) => role === 'comparison');
    expect(before.map(({ of, values }) => [of, values])).toEqual([
      ['s.sold', [2, 1]],
      ['s.share', [0.2, 0.1]],
    ]);
    expect(before.map(({ slot }) => slot)).toEqual([NEUTRAL_SLOT, NEUTRAL_SLOT]);
  });

  it('as lines are held against the same measure of the bucket before', () => {
    const series = drawn('line', byDay([5, 4], [0.5, 0.4]), earlierByDay([1, 2], [0.1, 0.2]));
    expect(series.map(({ of, slot, values }) => [of, slot, values])).toEqual([
      [undefined, 0, [5, 4]],
      [undefined, 1, [0.5, 0.4]],
      ['s.sold', 0, [1, 2]],
      ['s.share', 1, [0.1, 0.2]],
    ]);
  });

  it('that stand on each other are held against nothing', () => {
    const series = drawn('area', byDay([5, 4], [0.5, 0.4]), earlierByDay([1, 2], [0.1, 0.2]));
    expect(series.map(({ role }) => role)).toEqual(['value', 'value']);
  });

  it('are each written by their own format', () => {
    const series = drawn('bar', byCity([5, 4], [0.5, 0.4]), null);
    expect(series.map((entry) => entry.measure?.format)).toEqual(['integer', 'percent']);
  });
});
