// What is asked for a state: itself, its totals, the period before; and where its refusals belong.
import { describe, expect, it } from 'vitest';
import { problemOf } from '@/api/problem';
import type { SemanticQuery } from '@/api/types';
import { viewAsModel } from '@/lib/views';
import { flightsModel } from '@/testing/fake-engine';
import { joinedModels } from '@/testing/joined-fixtures';
import { planesView } from '@/testing/view-fixtures';
import { emptyState } from '../state/explore-state';
import type { ExploreState } from '../state/explore-state';
import { fit } from '../state/fit';
import { placeOf, placeProblems } from './field-places';
import { beforeQuery, mainQuery, totalsOf } from './to-query';

const state = (part: Partial<ExploreState>): ExploreState => ({ ...emptyState, ...part });
const asked = (part: Partial<ExploreState>) => mainQuery(state(part), flightsModel);
const time = 'flights.time_hour';

describe('the question', () => {
  it('is none while nothing is chosen', () => {
    expect(asked({ grain: 'day' })).toBeNull();
  });

  it('names members with their model and counts all rows', () => {
    expect(
      asked({
        measures: ['count'],
        dimensions: ['carrier'],
        filters: [{ or: [{ member: 'origin', operator: 'equals', values: ['JFK'] }] }],
        order: [['count', 'desc']],
        exact: true,
        asOf: 3,
      }),
    ).toEqual({
      measures: ['flights.count'],
      dimensions: ['flights.carrier'],
      timeDimensions: [{ dimension: time, dateRange: 'last 90 days of data' }],
      filters: [{ or: [{ member: 'flights.origin', operator: 'equals', values: ['JFK'] }] }],
      order: [['flights.count', 'desc']],
      limit: 500,
      total: true,
      totals: [[]],
      timezone: 'UTC',
      exact: true,
      asOf: 3,
    });
  });

  it('names what is joined by its join, and asks for named filters', () => {
    expect(
      asked({
        measures: ['count'],
        dimensions: ['carrier', 'origin_airport.city'],
        filters: [{ member: 'destination.city', operator: 'set' }],
        segments: ['busy'],
        order: [['origin_airport.city', 'asc']],
        range: 'all',
      }),
    ).toMatchObject({
      dimensions: ['flights.carrier', 'origin_airport.city'],
      filters: [{ member: 'destination.city', operator: 'set' }],
      segments: ['flights.busy'],
      order: [['origin_airport.city', 'asc']],
    });
  });

  it.each<[string, Partial<ExploreState>, SemanticQuery['timeDimensions']]>([
    ['all time', { range: 'all' }, undefined],
    [
      'all time by day',
      { range: 'all', grain: 'day' },
      [{ dimension: time, granularity: 'day', fill: 'null' }],
    ],
    ['a day', { range: '2013-01-01' }, [{ dimension: time, dateRange: '2013-01-01' }]],
  ])('asks %s', (_name, part, times) => {
    expect(asked({ measures: ['count'], ...part })?.timeDimensions).toEqual(times);
  });

  it('leaves the time of a view out where the rows of another model are counted', () => {
    const view = viewAsModel(planesView, joinedModels);
    const planes = { ...emptyState, model: 'trips', measures: ['planes'] };
    expect(mainQuery(planes, view)?.timeDimensions).toBeUndefined();
    expect(mainQuery({ ...planes, measures: ['trips'] }, view)?.timeDimensions).toEqual([
      { dimension: 'trips.left_at', dateRange: 'last 90 days of data' },
    ]);
    expect(fit({ ...planes, grain: 'day' }, [view])).toMatchObject({
      state: { grain: null },
      complaints: ['What is measured does not happen at the time of Trips.'],
    });
  });

  it('has the calendar of the address, also before, and else the usual one', () => {
    const calendar = { weekStart: 'sunday' as const, dayStart: 6 };
    const query = asked({ measures: ['count'], grain: 'week', range: 'last month', calendar });
    expect(query?.calendar).toEqual(calendar);
    const reach = {
      time_range: { from: '2013-12-01T06:00:00Z', to: '2014-01-01T06:00:00Z' },
      complete_until: null,
    };
    const before = beforeQuery(query, flightsModel, reach, 'UTC');
    expect(before?.calendar).toEqual(calendar);
    expect(before?.timeDimensions?.[0]?.dateRange).toEqual(['2013-11-01', '2013-11-30']);
    expect(asked({ measures: ['count'] })).not.toHaveProperty('calendar');
  });

  it('asks for more rows over time', () => {
    expect(asked({ measures: ['count'], grain: 'day' })?.limit).toBe(10_000);
    expect(asked({ measures: ['count'], grain: 'day', limit: 7 })?.limit).toBe(7);
  });
});

describe('totals', () => {
  const totals = (part: Partial<ExploreState>) => totalsOf(state(part), flightsModel);

  it('are asked with the question: one of everything', () => {
    const part = { measures: ['avg_arr_delay'], dimensions: ['carrier'], grain: 'day' as const };
    expect(totals(part)).toEqual([[]]);
    expect(asked(part)?.totals).toEqual([[]]);
  });

  it('say nothing new of one row, or without measures', () => {
    expect(asked({ measures: ['count'] })?.totals).toBeUndefined();
    expect(totals({ dimensions: ['carrier'] })).toEqual([]);
  });

  it('are none where a condition on a measure leaves groups out', () => {
    expect(
      totals({
        measures: ['count'],
        dimensions: ['carrier'],
        filters: [{ member: 'count', operator: 'gt', values: [5] }],
      }),
    ).toEqual([]);
  });

  it('of a turned table are kept apart by what stands across, and by the rest', () => {
    const turned = {
      measures: ['count'],
      dimensions: ['carrier', 'origin'],
      grain: 'month' as const,
      pivot: 'origin',
    };
    expect(asked(turned)?.totals).toEqual([
      [],
      ['flights.origin'],
      ['flights.time_hour', 'flights.carrier'],
    ]);
    expect(totals({ ...turned, pivot: 'time_hour' })).toEqual([
      [],
      ['time_hour'],
      ['carrier', 'origin'],
    ]);
    expect(totals({ measures: ['count'], dimensions: ['origin'], pivot: 'origin' })).toEqual([[]]);
  });
});

describe('the period before', () => {
  const range = {
    time_range: { from: '2013-12-01T00:00:00Z', to: '2014-01-01T00:00:00Z' },
    complete_until: '2014-03-01T00:00:00Z',
  };
  const december: [string, string] = ['2013-12-01', '2013-12-31'];

  it('is asked without order, and not cut where others would be', () => {
    const query = asked({
      measures: ['count'],
      dimensions: ['carrier'],
      order: [['count', 'desc']],
      range: december,
    });
    const before = beforeQuery(query, flightsModel, range, 'UTC', 7);
    // A month is compared with a month.
    expect(before?.timeDimensions).toEqual([
      { dimension: time, dateRange: ['2013-11-01', '2013-11-30'] },
    ]);
    expect(before?.asOf).toBe(7);
    expect(before?.order).toBeUndefined();
    expect(before?.totals).toEqual([[]]);
    expect(before?.limit).toBe(10_000);
  });

  it('keeps no conditions on measures, which would hide what groups were', () => {
    const query = asked({
      measures: ['count'],
      dimensions: ['carrier'],
      filters: [
        { member: 'origin', operator: 'equals', values: ['JFK'] },
        { member: 'count', operator: 'gt', values: [5] },
      ],
    });
    expect(beforeQuery(query, flightsModel, range, 'UTC')?.filters).toEqual([
      { member: 'flights.origin', operator: 'equals', values: ['JFK'] },
    ]);
  });

  it('is none without a range', () => {
    expect(
      beforeQuery(asked({ measures: ['count'], range: 'all' }), flightsModel, null, 'UTC'),
    ).toBeNull();
    expect(beforeQuery(null, flightsModel, range, 'UTC')).toBeNull();
  });
});

describe('places of refusals', () => {
  const query: SemanticQuery = {
    measures: ['flights.count'],
    filters: [
      { member: 'flights.origin', operator: 'equals', values: ['JFK'] },
      { member: 'flights.carrier', operator: 'gt', values: ['x'] },
    ],
  };

  it.each<[string, object | null]>([
    ['measures[1]', { what: 'measure', index: 1 }],
    ['dimensions[0]', { what: 'dimension', index: 0 }],
    // They are sent in the order of their text: carrier before origin.
    ['filters[0]', { what: 'filter', index: 1 }],
    ['filters[1].values[0]', { what: 'filter', index: 0 }],
    ['filters[7]', null],
    ['timeDimensions[0].dateRange', { what: 'range' }],
    ['timeDimensions[0].granularity', { what: 'grain' }],
    ['timezone', { what: 'zone' }],
    ['limit', { what: 'limit' }],
    ['asOf', { what: 'asOf' }],
    ['elsewhere', null],
  ])('%s', (field, place) => {
    expect(placeOf(field, query)).toEqual(place);
  });

  it('are told at their place; others remain', () => {
    const problem = {
      ...problemOf('invalid'),
      errors: [
        { field: 'filters[0]', detail: 'wrong' },
        { field: 'body', detail: 'odd' },
      ],
    };
    const placed = placeProblems(problem, query);
    expect(placed.at('filter', 1)).toBe('wrong');
    expect(placed.at('filter', 0)).toBeUndefined();
    expect(placed.elsewhere).toEqual([{ field: 'body', detail: 'odd' }]);
    expect(placeProblems(null, query).any).toBe(false);
  });
});
