// Down a hierarchy and up again.
import { describe, expect, it } from 'vitest';
import type { Cell, Filter } from '@/api/types';
import { joinedModels } from '@/testing/joined-fixtures';
import { tripsView } from '@/testing/view-fixtures';
import { drillPaths, levelsWithin } from './hierarchies';
import { viewAsModel } from './views';

const trips = viewAsModel(tripsView, joinedModels);
const is = (member: string, ...values: Cell[]): Filter => ({ member, operator: 'equals', values });

describe('levels', () => {
  it('lie within the one before, and within the last there is none', () => {
    const within = (name: string) => levelsWithin(trips, name).map((level) => level.name);
    expect(within('origin_airport_city')).toEqual(['origin']);
    expect(within('origin')).toEqual(['airline']);
    expect(within('airline')).toEqual([]);
    expect(within('left_at')).toEqual([]);
  });

  it('are those that the model has, by whichever name', () => {
    const model = {
      ...trips,
      hierarchies: [
        { name: 'a', label: 'A', levels: ['trips.origin', 'gone', 'left_at', 'airline'] },
      ],
    };
    expect(levelsWithin(model, 'origin').map(({ name }) => name)).toEqual(['airline']);
    expect(levelsWithin({ ...trips, hierarchies: [] }, 'origin')).toEqual([]);
  });
});

describe('the way', () => {
  const city = is('origin_airport_city', 'Newark');
  const origin = is('origin', 'EWR');
  const other = is('left_at', 'x');

  it('is there once a level above has one value', () => {
    expect(drillPaths({ dimensions: ['origin'], filters: [] }, trips)).toEqual([]);
    expect(drillPaths({ dimensions: ['origin_airport_city'], filters: [origin] }, trips)).toEqual(
      [],
    );
    const two = is('origin_airport_city', 'Newark', 'Queens');
    expect(drillPaths({ dimensions: ['origin'], filters: [two] }, trips)).toEqual([]);
  });

  it('leads back to each level with what was asked above it, and with all else', () => {
    const asked = { dimensions: ['month', 'airline'], filters: [other, city, origin] };
    const [path] = drillPaths(asked, trips);
    expect(
      path?.crumbs.map(({ value, level, dimensions, filters }) => ({
        value,
        level: level.name,
        dimensions,
        filters,
      })),
    ).toEqual([
      {
        value: undefined,
        level: 'origin_airport_city',
        dimensions: ['month', 'origin_airport_city'],
        filters: [other],
      },
      {
        value: 'Newark',
        level: 'origin',
        dimensions: ['month', 'origin'],
        filters: [other, city],
      },
      {
        value: 'EWR',
        level: 'airline',
        dimensions: ['month', 'airline'],
        filters: [other, city, origin],
      },
    ]);
  });

  it('skips a level that was not gone through, and knows the missing value', () => {
    const asked = { dimensions: ['airline'], filters: [is('origin_airport_city', null)] };
    const [path] = drillPaths(asked, trips);
    expect(path?.crumbs.map(({ value, level }) => [value, level.name])).toEqual([
      [undefined, 'origin_airport_city'],
      [null, 'airline'],
    ]);
  });
});
