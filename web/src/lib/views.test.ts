// Views as models, and their members as those of the models behind them.
import { describe, expect, it } from 'vitest';
import type { Model } from '@/api/types';
import { joinedModels } from '@/testing/joined-fixtures';
import { tripsView } from '@/testing/view-fixtures';
import { isJoined } from './joins';
import { looksElsewhere } from './measure-reach';
import { pointsOf } from './points';
import { askable, behind, calledIn, countedBy, isView, viewAsModel } from './views';

const trips = viewAsModel(tripsView, joinedModels);

describe('a view as a model', () => {
  it('has its own names, and what is looked up apart from the rest', () => {
    expect(trips).toMatchObject({ name: 'trips', dataset: 'flights', time_dimension: 'left_at' });
    expect(trips.dimensions.filter(isJoined).map(({ name, joined }) => [name, joined])).toEqual([
      ['origin_airport_city', { title: 'Origin airport', label: 'City' }],
    ]);
    expect(trips.segments?.[0]?.filters).toEqual([
      { member: 'flights.origin', operator: 'equals', values: ['JFK', 'LGA'] },
    ]);
  });

  it('has the points that it shows', () => {
    const half = { ...tripsView.dimensions[0]!, type: 'float' as const };
    const north = { ...half, name: 'north', member: 'airports.lat', geo: 'latitude' as const };
    const east = {
      ...half,
      name: 'east',
      member: 'airports.lon',
      geo: 'longitude' as const,
      latitude: 'north',
    };
    const view = viewAsModel({ ...tripsView, dimensions: [north, east] }, joinedModels);
    expect(pointsOf(view)).toEqual([{ latitude: 'trips.north', longitude: 'trips.east' }]);
  });

  it('stands before the models, and leaves them alone where there is none', () => {
    expect(askable([], joinedModels)).toBe(joinedModels);
    expect(askable([tripsView], joinedModels).map(isView).slice(0, 2)).toEqual([true, false]);
  });

  it('says its members in the words of the models, and theirs in its own', () => {
    const all = askable([tripsView], joinedModels);
    expect(behind('trips.airline', all)).toBe('flights.carrier');
    expect(behind('flights.carrier', all)).toBe('flights.carrier');
    expect(behind('trips.nothing', all)).toBe('trips.nothing');
    expect(calledIn(trips, 'origin_airport.city')).toBe('trips.origin_airport_city');
    expect(calledIn(trips, 'flights.month')).toBeNull();
  });

  it('knows of measures what their models say', () => {
    const [flights, ...others] = joinedModels as [Model, ...Model[]];
    const models: Model[] = [
      {
        ...flights,
        measures: [
          ...flights.measures,
          { name: 'place', label: 'Place', kind: 'rank', measure: 'count' },
          { name: 'half_place', label: 'Half', kind: 'number', expression: '{place} / 2' },
        ],
      },
      ...others,
    ];
    const detail = {
      ...tripsView,
      measures: [
        ...tripsView.measures,
        {
          name: 'half',
          label: 'Half',
          kind: 'number' as const,
          format: null,
          lower_is_better: false,
          member: 'flights.half_place',
        },
      ],
    };
    const view = viewAsModel(detail, models);
    expect(looksElsewhere('half', view)).toBe(true);
    expect(looksElsewhere('trips', view)).toBe(false);
    expect(view.measureBehind('half')?.measure.name).toBe('half_place');
  });

  it('counts values by rows of its first model', () => {
    const other = {
      name: 'seats',
      label: 'Planes',
      kind: 'count' as const,
      format: null,
      lower_is_better: false,
      member: 'planes.count',
    };
    const view = viewAsModel(
      { ...tripsView, measures: [other, ...tripsView.measures] },
      joinedModels,
    );
    expect(countedBy(view).map(({ name }) => name)).toEqual(['trips', 'avg_arr_delay']);
  });
});
