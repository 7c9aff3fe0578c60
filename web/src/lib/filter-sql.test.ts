// Filters as conditions of SQL: what is written, and what has no words there.
import { describe, expect, it } from 'vitest';
import type { Filter, Model } from '@/api/types';
import { flightsModel } from '@/testing/fake-engine';
import { joinedFlights, joinedModels } from '@/testing/joined-fixtures';
import { filterSql, NotInSql } from './filter-sql';
import { widened } from './joins';

const model: Model = {
  ...flightsModel,
  dimensions: [
    ...flightsModel.dimensions,
    { name: 'Route "x"', label: 'Route', type: 'string', expression: "origin || '-' || dest" },
    { name: 'late', label: 'Late', type: 'boolean', column: 'late' },
    { name: 'day', label: 'Day', type: 'date', column: 'day' },
  ],
};

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
    expect(() => filterSql(filter, model)).toThrow(NotInSql);
  });

  it('does not write what is looked up in another dataset', () => {
    const city: Filter = { member: 'origin_airport.city', operator: 'equals', values: ['Newark'] };
    expect(() => filterSql(city, widened(joinedFlights, joinedModels))).toThrow(
      '“Origin airport: City” is looked up in another dataset',
    );
  });
});
