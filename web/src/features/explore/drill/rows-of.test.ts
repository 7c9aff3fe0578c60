// The rows behind a number of a view, asked of the dataset that it counts.
import { describe, expect, it } from 'vitest';
import type { Cell } from '@/api/types';
import { viewAsModel } from '@/lib/views';
import { joinedModels } from '@/testing/joined-fixtures';
import { tripsView } from '@/testing/view-fixtures';
import { rowsOf } from './rows-of';
import type { RowsQuestion } from './rows-sql';

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
      sql: [
        'select *',
        'from "flights"',
        `where "carrier" = 'UA'`,
        `  and "origin" = 'JFK'`,
        `  and "origin" in ('JFK', 'LGA')`,
        `  and "time_hour" >= timestamp '2013-01-01T00:00:00.000Z'`,
        `  and "time_hour" < timestamp '2013-02-01T00:00:00.000Z'`,
        'limit 200',
      ].join('\n'),
      model: { name: 'flights' },
    });
  });

  it('cannot be listed by what is looked up, nor by what is of another model', () => {
    expect(rowsOf(question({ group: of('trips.origin_airport_city', 'Newark') }))).toEqual({
      problem:
        '“Origin airport: City” is looked up in another dataset, and these rows are listed from one.',
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
      problem:
        '“Airline” is of another dataset than the rows of Planes, and these are listed from one.',
    });
  });
});
