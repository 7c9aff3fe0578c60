// What all other values make together, in pictures: last, in a role of its own, and never taken for a value that is called so.
import { describe, expect, it } from 'vitest';
import type { ResultColumn } from '@/api/types';
import { NEUTRAL_SLOT } from '@/charts/core/color-map';
import type { QueryResult, Widget, WidgetKind } from '@/api/types';
import { orderRows } from '@/components/data-table-model';
import { applyPatch } from '@/features/live/apply-frame';
import { withOthers } from '@/lib/others';
import { answer, flightsModel } from '@/testing/fake-engine';
import { toSeries as heatSeries } from './heatmap/to-series';
import { chartOf } from './result-to-chart';
import type { ChartInput } from './result-to-chart';
import { toSeries as stackedSeries } from './stacked-bar/to-series';

const days = ['2026-09-01T00:00:00Z', '2026-09-02T00:00:00Z'];
const time: ResultColumn = {
  name: 's.at',
  label: 'At',
  type: 'timestamp',
  role: 'time',
  grain: 'day',
  format: null,
};
const city: ResultColumn = {
  name: 's.city',
  label: 'City',
  type: 'string',
  role: 'dimension',
  format: null,
};
const sum: ResultColumn = {
  name: 's.sum',
  label: 'Sum',
  type: 'integer',
  role: 'measure',
  format: null,
};
const { provenance } = answer({ measures: ['flights.count'] });

const around = (columns: ResultColumn[], data: QueryResult['data']) => ({
  by: columns.filter(({ role }) => role !== 'measure').map(({ name }) => name),
  others: true,
  columns,
  data,
  row_count: data[0]?.length ?? 0,
  truncated: false,
  bounds: [],
});

/** One of the greatest values is called "Other". */
const overTime: QueryResult = {
  columns: [time, city, sum],
  data: [
    [days[0]!, days[0]!, days[1]!],
    ['Rome', 'Other', 'Rome'],
    [5, 4, 6],
  ],
  row_count: 3,
  others: around([time, sum], [days, [2, 3]]),
  provenance,
};
const byCity: QueryResult = {
  columns: [city, sum],
  data: [
    ['Rome', null, 'Other'],
    [11, 9, 4],
  ],
  row_count: 3,
  others: around([sum], [[20]]),
  provenance,
};

const input = (result: QueryResult, kind: WidgetKind = 'line'): ChartInput => ({
  widget: {
    id: 'w',
    kind,
    title: 'Sales',
    layout: { x: 0, y: 0, w: 6, h: 5 },
    query: {},
    options: {},
  } satisfies Widget,
  result,
  comparison: null,
  models: [flightsModel],
  colors: {},
  zone: 'UTC',
  live: false,
});

describe('all other values together', () => {
  it('are the last series, beside a value that is called like them', () => {
    const series = chartOf('line', input(overTime))?.series ?? [];
    expect(series.map(({ label, role }) => [label, role])).toEqual([
      ['Other', 'value'],
      ['Rome', 'value'],
      ['Other', 'other'],
    ]);
    expect(series[0]).toMatchObject({ raw: 'Other', member: 's.city', values: [4, null] });
    expect(series[2]).toMatchObject({ member: null, slot: NEUTRAL_SLOT, values: [2, 3] });
    expect(new Set(series.map(({ id }) => id)).size).toBe(3);
  });

  it('are the last place of bars, not one without a value', () => {
    const x = chartOf('bar', input(byCity, 'bar'))?.x;
    expect(x).toMatchObject({
      values: ['Rome', '(no value)', 'Other', 'Other'],
      raw: ['Rome', null, 'Other', null],
      other: 3,
    });
    const stacked = stackedSeries(input(byCity, 'stacked_bar'));
    expect(stacked?.x).toMatchObject({ other: 3 });
    expect(stacked?.series[0]?.values).toEqual([11, 9, 4, 20]);
  });

  it('are held against nothing, because others were among them before', () => {
    const comparison = {
      ...byCity,
      data: [
        ['Other', 'Oslo', 'Rome'],
        [3, 8, 12],
      ],
    };
    const compared = { ...input(byCity, 'bar'), comparison };
    const before = chartOf('bar', compared)?.series.at(-1);
    expect(before).toMatchObject({ role: 'comparison', values: [12, null, 3, null] });
    // Parts on top of each other have no place for it.
    expect(chartOf('stacked_bar', compared)?.series.some(({ role }) => role === 'comparison')).toBe(
      false,
    );
  });

  it('are the last row of a heatmap', () => {
    const heat = heatSeries(input(overTime, 'heatmap'));
    expect(heat?.rows).toEqual(['Other', 'Rome', 'Other']);
    expect(heat?.otherRow).toBe(2);
    expect(heat?.values[2]).toEqual([2, 3]);
  });

  it('are none where nothing is left', () => {
    const none = { ...byCity, others: around([sum], [[0]]) };
    expect(withOthers(none).column).toBe(-1);
    expect(chartOf('bar', input(none, 'bar'))?.x).toMatchObject({ other: undefined });
    expect(withOthers({ ...byCity, others: around([sum], [[null]]) }).rowCount).toBe(3);
  });

  it('change with a patch that tells them anew', () => {
    const patched = applyPatch(overTime, {
      type: 'patch',
      id: 's1',
      from: 1,
      to: 2,
      row_count: 3,
      changed: { indices: [], data: [[], [], []] },
      provenance,
      others: around([time, sum], [days, [2, 30]]),
    });
    expect(patched).not.toBeNull();
    expect(chartOf('line', input(patched!))?.series.at(-1)?.values).toEqual([2, 30]);
  });

  it('stay last in a table, however it is ordered', () => {
    const { data, rowCount, from } = withOthers(byCity);
    const columns = [city, sum];
    const by = (direction: 'asc' | 'desc') => [
      ...orderRows(columns, data, rowCount, { column: 1, direction }, from),
    ];
    expect(by('desc')).toEqual([0, 1, 2, 3]);
    expect(by('asc')).toEqual([2, 1, 0, 3]);
  });
});
