// A question about one group of an answer.
import { describe, expect, it } from 'vitest';
import type { Model, SemanticQuery } from '@/api/types';
import { flightsModel } from '@/testing/fake-engine';
import { groupQuery } from './result-group';
import type { CellGroup } from './result-group';

const model: Model = {
  ...flightsModel,
  measures: [
    ...flightsModel.measures,
    { name: 'part', label: 'Part', kind: 'share_of_total', measure: 'count' },
    { name: 'twice', label: 'Twice', kind: 'number', expression: '2 * {part}' },
  ],
};
const query: SemanticQuery = {
  measures: ['flights.count', 'flights.sum_distance'],
  dimensions: ['flights.carrier'],
  timeDimensions: [{ dimension: 'flights.time_hour', granularity: 'month', fill: 'zero' }],
  top: { dimension: 'flights.carrier', limit: 3 },
  limit: 10,
};
const group: CellGroup = {
  members: [{ member: 'flights.carrier', label: 'Carrier', type: 'string', value: null }],
  bucket: { member: 'flights.time_hour', start: '2013-11-01T04:00:00Z', grain: 'month' },
};

describe('a question about one group', () => {
  it('has its values and its bucket as conditions, and nothing that depends on other groups', () => {
    expect(groupQuery(query, group, [model], 'America/New_York', 'flights.count')).toEqual({
      measures: ['flights.count'],
      dimensions: ['flights.carrier'],
      timeDimensions: [{ dimension: 'flights.time_hour', granularity: 'month' }],
      filters: [
        { member: 'flights.carrier', operator: 'notSet' },
        { member: 'flights.time_hour', operator: 'gte', values: ['2013-11-01T04:00:00.000Z'] },
        { member: 'flights.time_hour', operator: 'lt', values: ['2013-12-01T05:00:00.000Z'] },
      ],
    });
  });

  it.each(['flights.part', 'flights.twice'])(
    'is not asked of %s, which looks at others',
    (name) => {
      expect(groupQuery(query, group, [model], 'UTC', name)).toBeNull();
    },
  );
});
