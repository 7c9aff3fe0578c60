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

  it.each<[string, string, 'day' | 'month' | 'hour', string, string]>([
    ['America/New_York', '2024-03-01T05:00:00Z', 'month', '2024-03-01', '2024-04-01'],
    ['Asia/Tokyo', '2024-02-29T15:00:00Z', 'month', '2024-03-01', '2024-04-01'],
    ['America/Sao_Paulo', '2013-10-20T03:00:00Z', 'day', '2013-10-20', '2013-10-21'],
    ['America/New_York', '2024-03-01T05:00:00Z', 'hour', '2024-03-01', '2024-03-02'],
  ])('compares dates with dates in %s', (zone, start, grain, from, to) => {
    const member = 'flights.booked';
    const booked: Model = {
      ...model,
      dimensions: [...model.dimensions, { name: 'booked', label: 'Booked', type: 'date' }],
    };
    const asked = groupQuery(
      { measures: ['flights.count'] },
      { members: [], bucket: { member, start, grain } },
      [booked],
      zone,
    );
    expect(asked?.filters).toEqual([
      { member, operator: 'gte', values: [from] },
      { member, operator: 'lt', values: [to] },
    ]);
  });

  it.each(['flights.part', 'flights.twice'])(
    'is not asked of %s, which looks at others',
    (name) => {
      expect(groupQuery(query, group, [model], 'UTC', name)).toBeNull();
    },
  );
});
