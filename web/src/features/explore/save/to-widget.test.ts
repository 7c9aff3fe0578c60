// Widgets from what is explored, and the kinds that can draw it.
import { describe, expect, it } from 'vitest';
import type { Dashboard, Model, WidgetKind } from '@/api/types';
import { flightsDashboard } from '@/testing/dashboard-fixtures';
import { widened } from '@/lib/joins';
import { joinedFlights, joinedModels } from '@/testing/joined-fixtures';
import { flightsModel } from '@/testing/fake-engine';
import { askable } from '@/lib/views';
import { tripsView } from '@/testing/view-fixtures';
import { drawnKind, kindChoices, suitedKind } from '../chart/chart-kinds';
import { before, drawnMeasures } from '../chart/chart-measures';
import { answer } from '@/testing/fake-engine';
import { emptyState } from '../state/explore-state';
import type { ExploreState } from '../state/explore-state';
import { titleOf } from '../state/title';
import { bottomOf, controlsTime, newDefinition, newWidgetId, toWidget } from './to-widget';

const state = (part: Partial<ExploreState>): ExploreState => ({
  ...emptyState,
  measures: ['count'],
  ...part,
});
const order = { id: 'w9', title: 'Mine', kind: 'bar' as const, followsTime: true };

describe('a widget', () => {
  it('leaves the range to the dashboard, and keeps filters and order', () => {
    const widget = toWidget(
      state({
        dimensions: ['carrier'],
        filters: [{ member: 'origin', operator: 'equals', values: ['JFK'] }],
        order: [['count', 'desc']],
      }),
      flightsModel,
      order,
      12,
    );
    expect(widget).toEqual({
      id: 'w9',
      kind: 'bar',
      title: 'Mine',
      layout: { x: 0, y: 12, w: 4, h: 5 },
      query: {
        measures: ['flights.count'],
        dimensions: ['flights.carrier'],
        filters: [{ member: 'flights.origin', operator: 'equals', values: ['JFK'] }],
        order: [['flights.count', 'desc']],
        limit: 500,
        timezone: 'UTC',
      },
      options: {},
    });
  });

  it('compares bars where the page does', () => {
    const compared = state({ dimensions: ['carrier'], compare: true });
    expect(toWidget(compared, flightsModel, order, 0)?.options).toEqual({
      comparison: 'previous_period',
    });
  });

  it('keeps its own range where it shall stay, its grain always', () => {
    const over = state({ grain: 'day', compare: true });
    const line = { ...order, kind: 'line' as const };
    expect(toWidget(over, flightsModel, line, 0)).toMatchObject({
      query: { timeDimensions: [{ dimension: 'flights.time_hour', granularity: 'day' }] },
      options: { comparison: 'previous_period' },
    });
    expect(toWidget(over, flightsModel, line, 0)?.query.limit).toBeUndefined();
    expect(
      toWidget(over, flightsModel, { ...line, followsTime: false }, 0)?.query.timeDimensions,
    ).toEqual([
      {
        dimension: 'flights.time_hour',
        granularity: 'day',
        fill: 'null',
        dateRange: 'last 90 days of data',
      },
    ]);
  });

  it('keeps a calendar of its own', () => {
    const calendar = { weekStart: 'sunday' as const };
    const query = (part: Partial<ExploreState>) =>
      toWidget(state(part), flightsModel, order, 0)?.query;
    expect(query({ calendar })?.calendar).toEqual(calendar);
    expect(query({})).not.toHaveProperty('calendar');
  });

  it('keeps what is joined and named filters', () => {
    const wide = widened(joinedFlights, joinedModels);
    const joined = state({ dimensions: ['origin_airport.city'], segments: ['busy'] });
    expect(toWidget(joined, wide, order, 0)?.query).toMatchObject({
      dimensions: ['origin_airport.city'],
      segments: ['flights.busy'],
    });
    expect(titleOf(joined, wide)).toBe('Flights by origin airport: city');
  });

  it('has a name of its own and stands under the others', () => {
    expect(newWidgetId(['w1', 'w3'])).toBe('w4');
    expect(newWidgetId(['w2'])).toBe('w3');
    const { widgets } = flightsDashboard.definition;
    expect(widgets.every(({ layout }) => layout.y + layout.h <= bottomOf(widgets))).toBe(true);
  });

  it('is called after what it shows', () => {
    expect(titleOf(state({ dimensions: ['carrier'], grain: 'day' }), flightsModel)).toBe(
      'Flights by carrier and day',
    );
    expect(titleOf(state({ measures: [], dimensions: ['carrier'] }), flightsModel)).toBe(
      'Values of carrier',
    );
  });

  it('follows only a time that reaches it', () => {
    const on = (time: string | null): Pick<Dashboard, 'definition'> => ({
      definition: { ...flightsDashboard.definition, time_dimension: time },
    });
    expect(controlsTime(on('flights.time_hour'), state({}), flightsModel, [flightsModel])).toBe(
      true,
    );
    expect(controlsTime(on(null), state({}), flightsModel, [flightsModel])).toBe(true);
    expect(controlsTime(on('weather.hour'), state({}), flightsModel, [flightsModel])).toBe(true);
    expect(
      controlsTime(on('flights.time_hour'), state({ on: 'landed' }), flightsModel, [flightsModel]),
    ).toBe(false);
  });

  it('is reached by the time of a dashboard in other words', () => {
    const all = askable([tripsView], joinedModels);
    const [trips, flights] = all as [Model, Model];
    const on = (time: string) => ({
      definition: { ...newDefinition(state({}), flights), time_dimension: time },
    });
    expect(controlsTime(on('flights.time_hour'), state({}), trips, all)).toBe(true);
    expect(controlsTime(on('trips.left_at'), state({}), flights, all)).toBe(true);
    expect(controlsTime(on('trips.left_at'), state({ on: 'landed' }), flights, all)).toBe(false);
    // When an airport opened says nothing of its flights.
    const opened = { ...tripsView.dimensions[0]!, name: 'opened', member: 'airports.opened' };
    const shows = { ...tripsView, dimensions: [...tripsView.dimensions, opened] };
    const wide = askable([shows], joinedModels);
    const asked = state({ measures: ['trips'] });
    expect(controlsTime(on('airports.opened'), asked, wide[0]!, wide)).toBe(true);
  });
});

describe('kinds', () => {
  it.each<[Partial<ExploreState>, WidgetKind]>([
    [{}, 'number'],
    [{ grain: 'day' }, 'line'],
    [{ grain: 'day', dimensions: ['carrier'] }, 'line'],
    [{ dimensions: ['carrier'] }, 'bar'],
    [{ dimensions: ['carrier', 'origin'] }, 'stacked_bar'],
    // Averages on top of each other are no whole.
    [{ measures: ['share_late'], dimensions: ['carrier', 'origin'] }, 'heatmap'],
    [{ dimensions: ['carrier', 'origin', 'month'] }, 'table'],
    [{ measures: [], dimensions: ['carrier'] }, 'table'],
  ])('%j suits %s', (part, kind) => {
    expect(suitedKind(state(part), flightsModel)).toBe(kind);
  });

  it('draws a latitude with its longitude as a map, and nothing else', () => {
    const half = (name: string, part: object) => ({ name, label: name, type: 'float', ...part });
    const placed = {
      ...flightsModel,
      dimensions: [
        ...flightsModel.dimensions,
        half('lat', { geo: 'latitude' }),
        half('lon', { geo: 'longitude', latitude: 'lat' }),
      ],
    } as Model;
    const both = state({ dimensions: ['lat', 'lon'] });
    expect(suitedKind(both, placed)).toBe('map');
    expect(suitedKind(state({ dimensions: ['lat', 'lon', 'origin'] }), placed)).toBe('map');
    const map = (of: ExploreState) =>
      kindChoices(of, placed).find(({ kind }) => kind === 'map')?.obstacle;
    expect(map(both)).toBeNull();
    expect(map({ ...both, dimensions: ['lat', 'origin'] })).toBe(
      'needs a latitude and its longitude',
    );
  });

  it('draws what was chosen only where it can, and says why not', () => {
    expect(drawnKind(state({ chart: 'area', grain: 'day' }), flightsModel)).toBe('area');
    expect(drawnKind(state({ chart: 'area' }), flightsModel)).toBe('number');
    const area = kindChoices(state({}), flightsModel).find(({ kind }) => kind === 'area');
    expect(area?.obstacle).toBe('needs a time');
    const map = kindChoices(state({ dimensions: ['carrier'] }), flightsModel).find(
      ({ kind }) => kind === 'map',
    );
    expect(map?.obstacle).toBe('needs 2 dimensions');
  });

  it('draws measures of another scale beside the others, with the dimensions of all', () => {
    const result = answer({
      measures: ['flights.count', 'flights.share_late'],
      dimensions: ['flights.carrier'],
    });
    const { pictures, note } = drawnMeasures(result);
    expect(note).toBeNull();
    expect(pictures.map(({ label }) => label)).toEqual(['Flights', 'Share late']);
    expect(pictures.map((picture) => picture.result.columns.map(({ name }) => name))).toEqual([
      ['flights.carrier', 'flights.count'],
      ['flights.carrier', 'flights.share_late'],
    ]);
    expect(pictures.map((picture) => picture.result.data)).toEqual([
      [result.data[0], result.data[1]],
      [result.data[0], result.data[2]],
    ]);
    const earlier = before(pictures[1]!, result);
    expect(earlier?.columns.map(({ name }) => name)).toEqual([
      'flights.carrier',
      'flights.share_late',
    ]);
  });

  it('leaves to the table what is of a fifth scale', () => {
    const result = answer({ measures: ['flights.count'], dimensions: ['flights.carrier'] });
    const [carrier, count] = result.columns;
    const formats = ['integer', 'percent', 'bytes', 'currency_usd', 'currency_eur'];
    const wide = {
      ...result,
      columns: [
        carrier!,
        ...formats.map((format) => ({ ...count!, name: format, label: format, format })),
      ],
      data: [result.data[0]!, ...formats.map(() => result.data[1]!)],
    };
    const { pictures, note } = drawnMeasures(wide);
    expect(pictures.map(({ label }) => label)).toEqual(formats.slice(0, 4));
    expect(note).toBe('currency_eur: in the table, because the scale is another');
  });
});
