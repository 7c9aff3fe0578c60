// The rows behind a number of a view, asked of the model that it counts.
import { describe, expect, it } from 'vitest';
import type { Cell } from '@/api/types';
import { viewAsModel } from '@/lib/views';
import { joinedModels } from '@/testing/joined-fixtures';
import { tripsView } from '@/testing/view-fixtures';
import { rowsOf } from './rows-of';
import type { RowsQuestion } from './rows-query';

const model = viewAsModel(tripsView, joinedModels);
const of = (member: string, value: Cell): RowsQuestion['group'] => ({
  members: [{ member, label: member, type: 'string', value }],
  bucket: null,
});
const question = (part: Partial<RowsQuestion>): RowsQuestion => ({
  model,
  filters: [],
  group: of('trips.airline', 'UA'),
  measure: 'trips',
  time: 'left_at',
  range: null,
  zone: 'UTC',
  ...part,
});

describe('rows behind a view', () => {
  it('are those of the model, with the filters, named filters and time of the page', () => {
    const found = rowsOf(
      question({
        filters: [
          { member: 'origin', operator: 'equals', values: ['JFK'] },
          ...(model.segments?.[0]?.filters ?? []),
        ],
        range: { from: '2013-01-01T00:00:00.000Z', to: '2013-02-01T00:00:00.000Z' },
      }),
    );
    expect(found).toMatchObject({
      query: {
        filters: [
          { member: 'flights.carrier', operator: 'equals', values: ['UA'] },
          { member: 'flights.origin', operator: 'equals', values: ['JFK'] },
          { member: 'flights.origin', operator: 'equals', values: ['JFK', 'LGA'] },
          { member: 'flights.time_hour', operator: 'gte', values: ['2013-01-01T00:00:00.000Z'] },
          { member: 'flights.time_hour', operator: 'lt', values: ['2013-02-01T00:00:00.000Z'] },
        ],
      },
    });
  });

  it('are told by what is looked up, and not by what is of another model', () => {
    expect(rowsOf(question({ group: of('trips.origin_airport_city', 'Newark') }))).toMatchObject({
      query: {
        filters: [{ member: 'origin_airport.city', operator: 'equals', values: ['Newark'] }],
      },
    });
    const planes = {
      name: 'planes',
      label: 'Planes',
      kind: 'count' as const,
      format: null,
      lower_is_better: false,
      member: 'planes.count',
    };
    const wide = viewAsModel({ ...tripsView, measures: [planes] }, joinedModels);
    expect(rowsOf(question({ model: wide, measure: 'planes' }))).toEqual({
      problem: '“Airline” is of another dataset than the rows of Planes.',
    });
  });
});
