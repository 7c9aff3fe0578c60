// An address meets the models that there are.
import { describe, expect, it } from 'vitest';
import { flightsModel } from '@/testing/fake-engine';
import { widened } from '@/lib/joins';
import { nearest } from '@/lib/near-name';
import { askable, viewAsModel } from '@/lib/views';
import { joinedModels } from '@/testing/joined-fixtures';
import { tripsView } from '@/testing/view-fixtures';
import { emptyState, tidy, toggleOrder, toggleTime } from './explore-state';
import type { ExploreState } from './explore-state';
import { fit } from './fit';

const fitted = (part: Partial<ExploreState>) => fit({ ...emptyState, ...part }, [flightsModel]);

describe('fitting an address to a model', () => {
  it('takes the first model where none is named, and says which there is not', () => {
    expect(fitted({}).model?.name).toBe('flights');
    const missing = fitted({ model: 'flihgts' });
    expect(missing.model).toBeNull();
    expect(missing.complaints).toEqual([
      'There is no model “flihgts” here; did you mean “flights”?',
    ]);
  });

  it.each<[string, Partial<ExploreState>, string]>([
    [
      'a measure',
      { measures: ['cout'] },
      'There is no measure “cout” in Flights; did you mean “count”?',
    ],
    ['a dimension', { dimensions: ['zzz'] }, 'There is no dimension “zzz” in Flights.'],
    ['a time', { on: 'carrier' }, 'There is no time “carrier” in Flights.'],
    [
      'a filter',
      { filters: [{ or: [{ member: 'nope', operator: 'set' }] }] },
      'There is no member “nope” in Flights.',
    ],
    ['an order', { order: [['count', 'asc']] }, 'An order by what is not chosen was left out.'],
    [
      'what stands across',
      { pivot: 'origin' },
      '“origin” is not chosen, so it cannot stand across.',
    ],
  ])('leaves out %s that is not there', (_name, part, complaint) => {
    const { complaints, state } = fitted({ ...part });
    expect(complaints).toEqual([complaint]);
    expect(state).toEqual({ ...emptyState, model: 'flights' });
  });

  it('knows what is joined, and what is near it', () => {
    const wide = joinedModels.map((model) => widened(model, joinedModels));
    const part = {
      dimensions: ['origin_airport.city', 'origin_airport.citty', 'legs.leg'],
      on: 'origin_airport.opened',
      segments: ['busy', 'bussy'],
      pivot: 'origin_airport.city',
    };
    const { complaints, state } = fit({ ...emptyState, ...part }, wide);
    expect(state).toMatchObject({
      dimensions: ['origin_airport.city'],
      on: null,
      segments: ['busy'],
      pivot: 'origin_airport.city',
    });
    expect(complaints).toEqual([
      'There is no time “origin_airport.opened” in Flights.',
      'There is no dimension “origin_airport.citty” in Flights; did you mean “origin_airport.city”?',
      'There is no dimension “legs.leg” in Flights.',
      'There is no named filter “bussy” in Flights; did you mean “busy”?',
    ]);
  });

  it('knows the names that a time has for widths, and any width', () => {
    const trips = viewAsModel(tripsView, joinedModels);
    const grainOf = (grain: string) => fit({ ...emptyState, grain }, [trips]);
    expect(grainOf('shift')).toMatchObject({ state: { grain: 'shift' }, complaints: [] });
    expect(grainOf('15 minutes').complaints).toEqual([]);
    expect(grainOf('dayy')).toMatchObject({
      state: { grain: null },
      complaints: ['“dayy” is not a grain such as day or month.'],
    });
  });

  it('begins with a view where nothing is asked, and with a model where an old link asks', () => {
    const all = askable([tripsView], joinedModels);
    expect(fit(emptyState, all).model?.name).toBe('trips');
    const old = fit({ ...emptyState, measures: ['count'] }, all);
    expect(old).toMatchObject({ state: { model: 'flights', measures: ['count'] }, complaints: [] });
  });

  it('knows no grain where there is no time', () => {
    const timeless = { ...flightsModel, time_dimension: null };
    const { complaints, state } = fit({ ...emptyState, grain: 'day' }, [timeless]);
    expect(complaints).toEqual(['Flights has no time to group by.']);
    expect(state.grain).toBeNull();
    const compared = fit({ ...emptyState, measures: ['count'], compare: true }, [timeless]);
    expect(compared.complaints).toEqual([
      'Flights has no time here, so there is nothing before to compare with.',
    ]);
    expect(compared.state.compare).toBe(false);
  });

  it('names only what is near', () => {
    expect(nearest('CARRIER', ['carrier', 'origin'])).toBe('carrier');
    expect(nearest('destination', ['carrier', 'origin'])).toBeNull();
    expect(nearest('x', [])).toBeNull();
  });
});

describe('edits', () => {
  it('drops an order and a turn with what they speak of', () => {
    const state: ExploreState = {
      ...emptyState,
      measures: ['count'],
      order: [
        ['carrier', 'asc'],
        ['count', 'desc'],
      ],
      pivot: 'carrier',
    };
    expect(tidy(state, 'time_hour')).toMatchObject({ order: [['count', 'desc']], pivot: null });
  });

  it('orders by a head in three steps', () => {
    const start: ExploreState = { ...emptyState, measures: ['count'], dimensions: ['carrier'] };
    const once = toggleOrder(start, 'count');
    expect(once.order).toEqual([['count', 'desc']]);
    expect(toggleOrder(once, 'count').order).toEqual([['count', 'asc']]);
    expect(toggleOrder(toggleOrder(once, 'count'), 'count').order).toEqual([]);
    expect(toggleOrder(once, 'carrier').order).toEqual([['carrier', 'asc']]);
  });

  it('goes over a time and back', () => {
    const over = toggleTime(emptyState, 'time_hour', 'time_hour');
    expect(over).toMatchObject({ on: null, grain: 'day' });
    expect(toggleTime(over, 'time_hour', 'time_hour').grain).toBeNull();
    expect(toggleTime(over, 'landed_at', 'time_hour')).toMatchObject({
      on: 'landed_at',
      grain: 'day',
    });
  });
});
