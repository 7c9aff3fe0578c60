// A map from an answer: which columns are its places, what has none, and what is said where nothing can be drawn.
import { screen } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { Model, QueryResult, ResultColumn, Widget } from '@/api/types';
import { pointAmong, pointsOf } from '@/lib/points';
import { answer } from '@/testing/fake-engine';
import { renderApp } from '@/testing/render-app';
import { choicesOf } from '../widget-kind';
import { map } from './spec';
import { toSeries } from './to-series';
import MapView from './view';

const half = (name: string, part: object) => ({ name, label: name, type: 'float', ...part });
const stops = {
  name: 'stops',
  label: 'Stops',
  dataset: 'stops',
  version: 1,
  time_dimension: null,
  dimensions: [
    { name: 'name', label: 'Name', type: 'string' },
    half('lat', { geo: 'latitude' }),
    half('lon', { geo: 'longitude', latitude: 'lat' }),
  ],
  measures: [{ name: 'count', label: 'Stops', kind: 'count' }],
} as Model;
const trips = {
  ...stops,
  name: 'trips',
  dimensions: [],
  joins: [{ name: 'begin', model: 'stops', on: [{ column: 'stop', other: 'name' }] }],
} as Model;

const { provenance } = answer({ measures: ['flights.count'] });
const column = (name: string, role: ResultColumn['role'], type: string): ResultColumn =>
  ({ name, label: name, type, role, grain: null, format: null }) as ResultColumn;
const result: QueryResult = {
  columns: [
    column('stops.lat', 'dimension', 'float'),
    column('stops.name', 'dimension', 'string'),
    column('stops.lon', 'dimension', 'float'),
    column('stops.count', 'measure', 'integer'),
    column('stops.mean', 'measure', 'float'),
  ],
  data: [
    [41.9, 59.9, null, 95],
    ['Rome', 'Oslo', 'Nowhere', 'Beyond'],
    [12.5, 10.7, 3, 4],
    [3, 4, 5, 6],
    [0.5, null, 1, 1],
  ],
  row_count: 4,
  provenance,
};
const widget: Widget = {
  id: 'w1',
  kind: 'map',
  title: 'Where',
  layout: { x: 0, y: 0, w: 6, h: 7 },
  query: {},
};
const props = {
  widget,
  result,
  comparison: null,
  models: [stops],
  colors: {},
  zone: 'UTC',
  live: false,
};

describe('points', () => {
  it('are a longitude and the latitude that it names, also of what is joined', () => {
    const point = { latitude: 'stops.lat', longitude: 'stops.lon' };
    expect(pointsOf(stops)).toEqual([point]);
    expect(pointAmong(['stops.lon', 'stops.lat'], [trips, stops])).toEqual(point);
    expect(pointAmong(['stops.lon'], [stops])).toBeNull();
    const joined = { latitude: 'begin.lat', longitude: 'begin.lon' };
    expect(pointAmong(['begin.lat', 'begin.lon'], [trips, stops])).toEqual(joined);
  });
});

describe('a map', () => {
  it('begins with the first point of a model', () => {
    const query = map.toQuery(map.defaults(stops));
    expect(query).toEqual({
      measures: ['stops.count'],
      dimensions: ['stops.lat', 'stops.lon'],
      limit: 5_000,
    });
    expect(map.toQuery(choicesOf(query))).toEqual(query);
    expect(map.defaults(trips).dimensions).toEqual([]);
  });

  it('has areas by the first measure, colours by the second, and tells what has no place', () => {
    expect(toSeries(props)).toMatchObject({
      places: [
        { latitude: 41.9, longitude: 12.5, size: 3, shade: 0.5 },
        { latitude: 59.9, longitude: 10.7, size: 4, shade: null },
      ],
      names: ['Rome', 'Oslo'],
      values: ['Rome', 'Oslo'],
      member: 'stops.name',
      shade: { label: 'stops.mean' },
      note: '2 rows without a place on the map',
    });
  });

  it('says how many places there are where the answer was cut', () => {
    const noteOf = (total: number | null) =>
      toSeries({
        ...props,
        result: { ...result, provenance: { ...provenance, truncated: true, total_rows: total } },
      })?.note;
    expect(noteOf(12_345)).toBe(
      'The first 2 places of 12,345 rows \u00b7 2 rows without a place on the map',
    );
    expect(noteOf(null)).toMatch(/^Only the first 2 places \u00b7/);
  });

  it('is announced, and asks for a point where there is none', () => {
    const { rerender } = renderApp(<MapView {...props} />);
    expect(screen.getByRole('group', { name: 'stops.count at 2 places.' })).toBeVisible();
    expect(screen.getByText('2 rows without a place on the map')).toBeVisible();
    rerender(<MapView {...props} models={[]} />);
    expect(screen.getByText(/a latitude with its longitude/)).toBeVisible();
  });
});
