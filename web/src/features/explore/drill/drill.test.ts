// The rows behind a cell as a statement, and what its menu does to the state.
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
import { filterSql, rowsSql } from './rows-sql';
import type { RowsQuestion } from './rows-sql';

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

describe('filters in SQL', () => {
  it.each<[Filter, string]>([
    [{ member: 'carrier', operator: 'equals', values: ["O'Hare"] }, `"carrier" = 'O''Hare'`],
    [{ member: 'carrier', operator: 'equals', values: ['UA', 'DL'] }, `"carrier" in ('UA', 'DL')`],
    [
      { member: 'carrier', operator: 'equals', values: ['UA', null] },
      `("carrier" = 'UA' or "carrier" is null)`,
    ],
    [{ member: 'carrier', operator: 'equals', values: [null] }, '"carrier" is null'],
    [
      { member: 'carrier', operator: 'notEquals', values: ['UA'] },
      `("carrier" <> 'UA' or "carrier" is null)`,
    ],
    [
      { member: 'carrier', operator: 'notEquals', values: ['UA', null] },
      `("carrier" <> 'UA' and "carrier" is not null)`,
    ],
    [
      { member: 'carrier', operator: 'contains', values: ['5%_\\'] },
      `"carrier" ilike '%5\\%\\_\\\\%'`,
    ],
    [
      { member: 'carrier', operator: 'startsWith', values: ['a', 'b'] },
      `("carrier" ilike 'a%' or "carrier" ilike 'b%')`,
    ],
    [
      { member: 'carrier', operator: 'notEndsWith', values: ['a'] },
      `("carrier" not ilike '%a' or "carrier" is null)`,
    ],
    [
      { member: 'month', operator: 'contains', values: ['1'] },
      `cast("month" as varchar) ilike '%1%'`,
    ],
    [{ member: 'month', operator: 'gte', values: ['3'] }, '"month" >= 3'],
    [
      { member: 'month', operator: 'equals', values: ['-9007199254740993'] },
      '"month" = -9007199254740993',
    ],
    [{ member: 'month', operator: 'between', values: [3, 5] }, '"month" between 3 and 5'],
    [
      { member: 'month', operator: 'notBetween', values: [3, 5] },
      '("month" not between 3 and 5 or "month" is null)',
    ],
    [{ member: 'late', operator: 'equals', values: [true] }, '"late" = true'],
    [{ member: 'day', operator: 'equals', values: ['2013-01-01'] }, `"day" = date '2013-01-01'`],
    [
      { member: 'time_hour', operator: 'lte', values: ['2013-01-31T10:00:00Z'] },
      `"time_hour" <= timestamp '2013-01-31T10:00:00Z'`,
    ],
    [{ member: 'carrier', operator: 'set' }, '"carrier" is not null'],
    [{ member: 'flights.carrier', operator: 'notSet' }, '"carrier" is null'],
    [{ member: 'Route "x"', operator: 'equals', values: ['a'] }, `(origin || '-' || dest) = 'a'`],
    [
      {
        or: [
          { member: 'month', operator: 'lt', values: [3] },
          { and: [{ member: 'late', operator: 'set' }] },
        ],
      },
      '("month" < 3 or ("late" is not null))',
    ],
  ])('%j', (filter, sql) => {
    expect(filterSql(filter, model)).toBe(sql);
  });

  it.each<[string, Filter]>([
    ['a date that depends on today', { member: 'day', operator: 'inDateRange', values: ['today'] }],
    ['a measure', { or: [{ member: 'count', operator: 'gt', values: [1] }] }],
    ['no number', { member: 'month', operator: 'gt', values: ['x'] }],
    ['a day of a zone', { member: 'time_hour', operator: 'lte', values: ['2013-01-31'] }],
    ['a local time', { member: 'time_hour', operator: 'equals', values: ['2013-01-31T10:00'] }],
  ])('does not write %s', (_name, filter) => {
    const question: RowsQuestion = {
      model,
      filters: [filter],
      group: none,
      measure: null,
      time: null,
      range: null,
      zone: 'UTC',
    };
    expect(rowsSql(question)).toHaveProperty('problem');
  });
});

describe('rows behind a cell', () => {
  it('are those of its group, its bucket cut by the range, the filters and those of its measure', () => {
    const counted: Model = {
      ...model,
      measures: [
        {
          name: 'late_flights',
          label: 'Late',
          kind: 'count',
          filters: [{ member: 'flights.late', operator: 'equals', values: [true] }],
        },
      ],
    };
    const statement = rowsSql({
      model: counted,
      filters: [{ member: 'origin', operator: 'equals', values: ['JFK'] }],
      group: { members: [member('carrier', 'UA')], bucket },
      measure: 'late_flights',
      time: 'time_hour',
      range: { from: '2013-11-03T12:00:00Z', to: '2013-12-01T05:00:00Z' },
      zone: 'America/New_York',
    });
    // That day has 25 hours.
    expect(statement).toEqual({
      sql: [
        'select *',
        'from "flights"',
        `where "carrier" = 'UA'`,
        `  and "origin" = 'JFK'`,
        '  and "late" = true',
        `  and "time_hour" >= timestamp '2013-11-03T12:00:00.000Z'`,
        `  and "time_hour" < timestamp '2013-11-04T05:00:00.000Z'`,
        'limit 200',
      ].join('\n'),
    });
  });

  it.each([
    ['America/New_York', '2013-11-01T04:00:00Z', '2013-11-03T04:00:00Z'],
    ['Asia/Tokyo', '2013-10-31T15:00:00Z', '2013-11-02T15:00:00Z'],
  ])('are those of its dates in %s, whose range begins on the third', (zone, start, from) => {
    const statement = rowsSql({
      model,
      filters: [],
      group: { members: [], bucket: { member: 'flights.day', start, grain: 'month' } },
      measure: null,
      time: 'day',
      range: { from, to: '2014-01-01T12:00:00Z' },
      zone,
    });
    expect(statement).toEqual({
      sql: [
        'select *',
        'from "flights"',
        `where "day" >= date '2013-11-03'`,
        `  and "day" < date '2013-12-01'`,
        'limit 200',
      ].join('\n'),
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
      model: { ...model, measures: [{ name: 'x', label: 'X', kind }] },
      filters: [],
      group: none,
      measure: 'x',
      time: null,
      range: null,
      zone: 'UTC',
    };
    expect(rowsSql(question)).toEqual({ problem: expect.stringContaining(why) as string });
    // A cell of a dimension has rows whatever stands beside it.
    expect(rowsSql({ ...question, measure: null })).toHaveProperty('sql');
  });

  it('are all rows where nothing restricts them', () => {
    const question: RowsQuestion = {
      model,
      filters: [],
      group: none,
      measure: null,
      time: 'time_hour',
      range: null,
      zone: 'UTC',
    };
    expect(rowsSql(question)).toEqual({ sql: 'select *\nfrom "flights"\nlimit 200' });
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
  const question: RowsQuestion = {
    model: wide,
    filters: [],
    group: none,
    measure: null,
    time: 'time_hour',
    range: null,
    zone: 'UTC',
  };
  const problem =
    '“Origin airport: City” is looked up in another dataset, and these rows are listed from one.';

  it('are not told by one dataset, neither by group nor by filter', () => {
    expect(rowsSql({ ...question, group: city })).toEqual({ problem });
    const filters: Filter[] = [
      { member: 'origin_airport.city', operator: 'equals', values: ['Newark'] },
    ];
    expect(rowsSql({ ...question, filters })).toEqual({ problem });
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
    expect(rowsSql({ ...question, filters })).toEqual({
      sql: `select *\nfrom "flights"\nwhere "origin" in ('JFK', 'LGA')\nlimit 200`,
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
