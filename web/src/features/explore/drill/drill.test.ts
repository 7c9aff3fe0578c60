// The rows behind a cell as a question, and what its menu does to the state.
import { describe, expect, it } from 'vitest';
import type { Filter, MeasureKind, Model } from '@/api/types';
import { flightsModel } from '@/testing/fake-engine';
import { drillPaths } from '@/lib/hierarchies';
import { widened } from '@/lib/joins';
import { joinedFlights, joinedModels } from '@/testing/joined-fixtures';
import { segmentFilters } from '../query/to-query';
import { emptyState } from '../state/explore-state';
import type { ExploreState } from '../state/explore-state';
import type { CellGroup } from '../table/table-model';
import { breakDown, bucketRange, drillInto, keepOnly, leaveOut, zoomInto } from './drill-edits';
import { rowsQuery } from './rows-query';
import type { RowsQuestion } from './rows-query';

const model: Model = {
  ...flightsModel,
  dimensions: [
    ...flightsModel.dimensions,
    { name: 'Route "x"', label: 'Route', type: 'string', expression: "origin || '-' || dest" },
    { name: 'late', label: 'Late', type: 'boolean', column: 'late' },
    { name: 'day', label: 'Day', type: 'date', column: 'day' },
  ],
};
const member = (name: string, value: string | null) => ({
  member: `flights.${name}`,
  label: name,
  type: 'string' as const,
  value,
});
const bucket = {
  member: 'flights.time_hour',
  start: '2013-11-03T04:00:00.000Z',
  grain: 'day' as const,
};
const none: CellGroup = { members: [], bucket: null };

const dimensions = [
  'flights.time_hour',
  'flights.carrier',
  'flights.origin',
  'flights.month',
  'flights.Route "x"',
  'flights.late',
  'flights.day',
];
const asked = (question: RowsQuestion) => {
  const found = rowsQuery(question);
  return 'query' in found ? found.query : found;
};
const all: RowsQuestion = {
  model,
  filters: [],
  group: none,
  measure: null,
  time: 'time_hour',
  range: null,
  zone: 'UTC',
};

describe('rows behind a cell', () => {
  it('are those of its group, its bucket cut by the range, the filters and those of its measure', () => {
    const late: Filter = { member: 'flights.late', operator: 'equals', values: [true] };
    const counted: Model = {
      ...model,
      measures: [{ name: 'late_flights', label: 'Late', kind: 'count', filters: [late] }],
    };
    const question: RowsQuestion = {
      model: counted,
      filters: [
        { member: 'origin', operator: 'equals', values: ['JFK'] },
        { or: [{ member: 'day', operator: 'inDateRange', values: ['last 7 days'] }] },
      ],
      group: { members: [member('carrier', null)], bucket },
      measure: 'late_flights',
      time: 'time_hour',
      range: { from: '2013-11-03T12:00:00Z', to: '2013-12-01T05:00:00Z' },
      zone: 'America/New_York',
      asOf: 3,
    };
    // That day has 25 hours.
    expect(asked(question)).toEqual({
      ungrouped: true,
      dimensions,
      filters: [
        { member: 'flights.carrier', operator: 'equals', values: [null] },
        { member: 'flights.origin', operator: 'equals', values: ['JFK'] },
        { or: [{ member: 'flights.day', operator: 'inDateRange', values: ['last 7 days'] }] },
        late,
        { member: 'flights.time_hour', operator: 'gte', values: ['2013-11-03T12:00:00.000Z'] },
        { member: 'flights.time_hour', operator: 'lt', values: ['2013-11-04T05:00:00.000Z'] },
      ],
      limit: 200,
      total: true,
      timezone: 'America/New_York',
      asOf: 3,
    });
  });

  it('show what their measure says, in its order, and all where it says nothing that is there', () => {
    const shown = (drill: string[]) => {
      const counted = { ...model, measures: [{ name: 'n', label: 'N', kind: 'count', drill }] };
      const found = asked({ ...all, model: counted as Model, measure: 'n' });
      return 'dimensions' in found ? found.dimensions : found;
    };
    expect(shown(['origin', 'gone', 'day'])).toEqual(['flights.origin', 'flights.day']);
    expect(shown(['gone'])).toEqual(dimensions);
    expect(shown([])).toEqual(dimensions);
  });

  it.each([
    ['America/New_York', '2013-11-01T04:00:00Z', '2013-11-03T04:00:00Z'],
    ['Asia/Tokyo', '2013-10-31T15:00:00Z', '2013-11-02T15:00:00Z'],
  ])('are those of its dates in %s, whose range begins on the third', (zone, start, from) => {
    const question: RowsQuestion = {
      ...all,
      group: { members: [], bucket: { member: 'flights.day', start, grain: 'month' } },
      time: 'day',
      range: { from, to: '2014-01-01T12:00:00Z' },
      zone,
    };
    expect(asked(question)).toMatchObject({
      filters: [
        { member: 'flights.day', operator: 'gte', values: ['2013-11-03'] },
        { member: 'flights.day', operator: 'lt', values: ['2013-12-01'] },
      ],
    });
  });

  it.each<[MeasureKind, string]>([
    ['number', 'computed from other numbers'],
    ['ratio', 'computed from other numbers'],
    ['share_of_total', 'computed from other numbers'],
    ['rank', 'computed from other numbers'],
    ['cumulative', 'computed from other numbers'],
    ['rolling', 'computed from other numbers'],
    ['time_shift', 'computed from other numbers'],
    ['balance', 'only some of the rows'],
    ['first', 'only some of the rows'],
    ['last', 'only some of the rows'],
  ])('are not those of a measure of the kind %s', (kind, why) => {
    const question: RowsQuestion = {
      ...all,
      model: { ...model, measures: [{ name: 'x', label: 'X', kind }] },
      measure: 'x',
    };
    expect(asked(question)).toEqual({ problem: expect.stringContaining(why) as string });
    // A cell of a dimension has rows whatever stands beside it.
    expect(asked({ ...question, measure: null })).toHaveProperty('ungrouped', true);
  });

  it('are all rows where nothing restricts them', () => {
    expect(asked(all)).toEqual({
      ungrouped: true,
      dimensions,
      limit: 200,
      total: true,
      timezone: 'UTC',
    });
  });
});

describe('rows of what is joined', () => {
  const wide = widened(joinedFlights, joinedModels);
  const city: CellGroup = {
    members: [
      { member: 'origin_airport.city', label: 'City', type: 'string' as const, value: 'Newark' },
    ],
    bucket: null,
  };
  const newark: Filter = { member: 'origin_airport.city', operator: 'equals', values: ['Newark'] };

  it('are asked by what it is, in a group or a filter, and have their own dimensions', () => {
    const grouped = asked({ ...all, model: wide, group: city });
    expect(grouped).toMatchObject({ filters: [newark] });
    expect(asked({ ...all, model: wide, filters: [newark] })).toEqual(grouped);
    expect('dimensions' in grouped && grouped.dimensions).toEqual(
      joinedFlights.dimensions.map(({ name }) => `flights.${name}`),
    );
  });

  it('are edited by their full names', () => {
    const state = { ...emptyState, model: 'flights', dimensions: ['origin_airport.city'] };
    expect(breakDown(state, city, 'destination.city', null)).toMatchObject({
      dimensions: ['destination.city'],
      filters: [{ member: 'origin_airport.city', operator: 'equals', values: ['Newark'] }],
    });
  });

  it('are those of the chosen named filters', () => {
    const filters = segmentFilters({ ...emptyState, segments: ['busy'] }, joinedFlights);
    expect(asked({ ...all, model: wide, filters })).toMatchObject({
      filters: [{ member: 'flights.origin', operator: 'equals', values: ['JFK', 'LGA'] }],
    });
  });
});

describe('edits of a cell', () => {
  const state: ExploreState = {
    ...emptyState,
    model: 'flights',
    measures: ['count'],
    dimensions: ['carrier'],
    zone: 'America/New_York',
  };
  const ua = member('carrier', 'UA');

  it('keep only a value, once', () => {
    const kept = keepOnly(state, ua);
    expect(kept.filters).toEqual([{ member: 'carrier', operator: 'equals', values: ['UA'] }]);
    expect(keepOnly(kept, ua).filters).toEqual(kept.filters);
    expect(keepOnly(kept, member('carrier', null)).filters).toEqual([
      { member: 'carrier', operator: 'equals', values: [null] },
    ]);
  });

  it('leave values out, one after the other', () => {
    const without = leaveOut(leaveOut(leaveOut(state, ua), member('carrier', 'DL')), ua);
    expect(without.filters).toEqual([
      { member: 'carrier', operator: 'notEquals', values: ['DL', 'UA'] },
    ]);
  });

  it('look inside a bucket, one grain finer', () => {
    expect(bucketRange(bucket, null, 'America/New_York')).toEqual([
      '2013-11-03T04:00:00.000Z',
      '2013-11-04T04:59:59.999Z',
    ]);
    expect(zoomInto(state, bucket, null)).toMatchObject({ grain: 'hour' });
  });

  it('look into several of a unit by single ones', () => {
    const quarter = { ...bucket, grain: 'minute' as const, units: 15 };
    expect(zoomInto(state, quarter, null).grain).toBe('minute');
    expect(zoomInto(state, { ...quarter, units: 1 }, null).grain).toBe('second');
  });

  it('go down a level, with what was chosen for the one above', () => {
    const top = { dimension: 'carrier', limit: 5, others: true };
    const asked = { ...state, dimensions: ['carrier', 'month'], pivot: 'carrier', top };
    const ordered: ExploreState = {
      ...asked,
      order: [
        ['carrier', 'asc'],
        ['count', 'desc'],
      ],
    };
    expect(drillInto(ordered, ua, 'origin')).toMatchObject({
      dimensions: ['origin', 'month'],
      filters: [{ member: 'carrier', operator: 'equals', values: ['UA'] }],
      pivot: 'origin',
      top: { dimension: 'origin', limit: 5, others: true },
      order: [['count', 'desc']],
    });
    expect(drillInto(asked, ua, 'month').dimensions).toEqual(['month']);
  });

  it('go down and up again without losing a condition of several values', () => {
    const levels = ['flights.carrier', 'flights.origin'];
    const tall = { ...flightsModel, hierarchies: [{ name: 'by', label: 'By', levels }] };
    const several: Filter = { member: 'carrier', operator: 'equals', values: ['UA', 'DL'] };
    const down = drillInto({ ...state, filters: [several] }, ua, 'origin');
    expect(down.filters).toEqual([several, { ...several, values: ['UA'] }]);
    const [path] = drillPaths(down, tall);
    expect(path?.crumbs.map(({ filters }) => filters)).toEqual([[several], down.filters]);
    expect(drillInto(down, member('carrier', 'DL'), 'origin').filters).toEqual([
      several,
      { ...several, values: ['DL'] },
    ]);
  });

  it('stay within the range that was asked, as the number does', () => {
    const asked = { from: '2013-11-03T12:00:00Z', to: '2013-11-03T20:00:00Z' };
    const range = ['2013-11-03T12:00:00.000Z', '2013-11-03T19:59:59.999Z'];
    expect(zoomInto(state, bucket, asked).range).toEqual(range);
    expect(breakDown(state, { members: [], bucket }, 'origin', asked).range).toEqual(range);
  });

  it('break a group down by something else', () => {
    const broken = breakDown({ ...state, grain: 'day' }, { members: [ua], bucket }, 'origin', null);
    expect(broken).toMatchObject({
      dimensions: ['origin'],
      grain: null,
      filters: [{ member: 'carrier', operator: 'equals', values: ['UA'] }],
      range: bucketRange(bucket, null, 'America/New_York'),
    });
  });
});
