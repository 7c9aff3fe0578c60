// What is still running is told in every kind of widget.
import { screen } from '@testing-library/react';
import type { ComponentType } from 'react';
import { describe, expect, it } from 'vitest';
import type { QueryResult, ResultColumn, Widget } from '@/api/types';
import { answer } from '@/testing/fake-engine';
import { renderApp } from '@/testing/render-app';
import { toSeries as heatSeries } from './heatmap/to-series';
import NumberView from './number/view';
import { chartOf } from './result-to-chart';
import type { ChartInput } from './result-to-chart';
import TableView from './table/view';
import type { WidgetViewProps } from './widget-kind';

const { provenance } = answer({ measures: ['flights.count'] });
const column = (name: string, role: ResultColumn['role']): ResultColumn => ({
  name: `s.${name}`,
  label: name,
  type: role === 'measure' ? 'integer' : role === 'time' ? 'timestamp' : 'string',
  role,
  grain: role === 'time' ? 'day' : null,
  format: null,
});
const widget: Widget = {
  id: 'w1',
  kind: 'line',
  title: 'Sales',
  layout: { x: 0, y: 0, w: 6, h: 4 },
  query: {},
};

function result(until: string, columns: ResultColumn[], data: QueryResult['data']): QueryResult {
  return {
    columns,
    data,
    row_count: data[0]?.length ?? 0,
    provenance: {
      ...provenance,
      timezone: 'UTC',
      answered_at: '2026-11-01T00:00:00Z',
      complete_until: until,
      // The day in which the data end, or the one that comes next.
      ...(columns[0]?.role === 'time' ? { running_from: `${until.slice(0, 10)}T00:00:00Z` } : {}),
      time_range: { from: '2026-10-01T00:00:00Z', to: '2026-10-03T00:00:00Z' },
    },
  };
}
const overDays = (until: string) =>
  result(
    until,
    [column('day', 'time'), column('city', 'dimension'), column('sum', 'measure')],
    [
      ['2026-10-01T00:00:00Z', '2026-10-02T00:00:00Z'],
      ['Rome', 'Rome'],
      [5, 4],
    ],
  );
const number = (until: string, value: number | null) =>
  result(until, [column('sum', 'measure')], [[value]]);

const input = (answered: QueryResult): ChartInput => ({
  widget,
  result: answered,
  comparison: null,
  models: [],
  colors: {},
  zone: 'UTC',
  live: false,
});
const show = (View: ComponentType<WidgetViewProps>, answered: QueryResult) =>
  renderApp(<View {...input(answered)} />);

it.each([
  ['2026-10-03T00:00:00Z', null, 'Oct 2026'],
  ['2026-10-02T10:00:00Z', 1, 'Oct 2026 (so far)'],
  // Also where there is nothing before it.
  ['2026-10-01T10:00:00Z', 0, 'Oct 2026 (so far)'],
])('in a picture of data until %s', (until, from, heat) => {
  expect(chartOf('line', input(overDays(until)))?.incompleteFrom).toBe(from);
  expect(heatSeries(input(overDays(until)))?.columnNames[1]).toBe(`2 ${heat}`);
});

it('in a table, at the time', () => {
  show(TableView, overDays('2026-10-02T10:00:00Z'));
  expect(screen.getByRole('gridcell', { name: '1 Oct 2026' })).toBeVisible();
  expect(screen.getByRole('gridcell', { name: '2 Oct 2026 so far' })).toBeVisible();
});

it.each([
  ['goes on beyond its data', number('2026-10-02T10:00:00Z', 4), true],
  ['has all of its data', number('2026-10-02T23:59:00Z', 4), false],
  ['has no value', number('2026-10-02T10:00:00Z', null), false],
  // Of the first bucket, which has ended.
  ['is that of a bucket', overDays('2026-10-02T10:00:00Z'), false],
  ['is that of a bucket that runs', overDays('2026-10-01T10:00:00Z'), true],
])('in a number that %s', (_, answered, running) => {
  show(NumberView, answered);
  expect(screen.queryAllByText('so far')).toHaveLength(running ? 1 : 0);
});

describe('a number that goes on', () => {
  const compared = (answered: QueryResult, before: QueryResult) =>
    renderApp(<NumberView {...input(answered)} comparison={before} />);
  const text = () => screen.getByTestId('widget-comparison').textContent;

  it('is held against as much of the period before, and says so', () => {
    compared(number('2026-10-02T10:00:00Z', 4), number('2026-10-02T10:00:00Z', 5));
    expect(text()).toBe('▼ −20.0%from 5 at this point before');
  });

  it('is held against all of it once it has ended', () => {
    compared(number('2026-10-03T00:00:00Z', 4), number('2026-10-03T00:00:00Z', 5));
    expect(text()).toBe('▼ −20.0%from 5 before');
  });

  it('is not held against a whole bucket', () => {
    compared(overDays('2026-10-01T10:00:00Z'), overDays('2026-10-01T10:00:00Z'));
    expect(screen.queryByTestId('widget-delta')).toBeNull();
    expect(text()).toBe('not compared so far; 5 in all before');
  });
});
