// Which lists of values the API has, and what is asked where it has none.
import { describe, expect, it } from 'vitest';
import { flightsModel } from '@/testing/fake-engine';
import { joinedModels } from '@/testing/joined-fixtures';
import { tripsView } from '@/testing/view-fixtures';
import { widened } from '@/lib/joins';
import { viewAsModel } from '@/lib/views';
import { countedValues, listedBy } from './asked-values';

const carrier = { member: 'flights.carrier', type: 'string' as const };
const [flights] = joinedModels;
const wide = widened(flights ?? flightsModel, joinedModels);
const city = { member: 'origin_airport.city', type: 'string' as const };
const trips = viewAsModel(tripsView, joinedModels);

describe('the API', () => {
  it('lists what a model has itself', () => {
    expect(listedBy(carrier, [flightsModel], null, 'a')).toEqual({
      of: 'models',
      name: 'flights',
      dimension: 'carrier',
      search: 'a',
    });
  });

  it('lists what a view shows, wherever it is from', () => {
    const name = trips.dimensions[0]?.name ?? '';
    const asked = listedBy({ member: `trips.${name}`, type: 'string' }, [trips], null, '');
    expect(asked).toEqual({ of: 'views', name: 'trips', dimension: name, search: '' });
  });

  it('does not look for text in what is true or false', () => {
    const flag = { member: 'flights.carrier', type: 'boolean' as const };
    expect(listedBy(flag, [flightsModel], null, 'Yes')?.search).toBe('');
  });

  it('lists what the rows of a model belong to over a join', () => {
    expect(listedBy(city, [wide], null, 'new')).toEqual({
      of: 'models',
      name: 'flights',
      dimension: 'origin_airport.city',
      search: 'new',
    });
  });

  it('knows no older states, and nothing that no model has', () => {
    expect(listedBy(carrier, [flightsModel], 2, '')).toBeNull();
    expect(listedBy(city, [wide], 2, '')).toBeNull();
    expect(listedBy({ ...city, member: 'airport.mayor' }, [wide], null, '')).toBeNull();
    expect(listedBy({ ...city, member: 'flights.mayor' }, [wide], null, '')).toBeNull();
  });
});

describe('a question', () => {
  it('counts values in the state that is looked at, most frequent first', () => {
    expect(countedValues(carrier, [flightsModel], 2, 'a')).toEqual({
      measures: ['flights.count'],
      dimensions: ['flights.carrier'],
      order: [['flights.count', 'desc']],
      filters: [{ member: 'flights.carrier', operator: 'contains', values: ['a'] }],
      limit: 51,
      asOf: 2,
    });
  });

  it('counts those of what is joined by the model that joins it', () => {
    expect(countedValues(city, [wide], null, '')).toMatchObject({
      measures: ['flights.count'],
      dimensions: ['origin_airport.city'],
    });
  });

  it.each([
    ['integer', '12', [{ member: 'flights.month', operator: 'equals', values: [12] }]],
    ['integer', 'x', undefined],
    ['boolean', 'x', undefined],
  ] as const)('looks in a dimension of type %s for %s', (type, search, filters) => {
    const query = countedValues({ member: 'flights.month', type }, [flightsModel], null, search);
    expect(query.filters).toEqual(filters);
  });
});
