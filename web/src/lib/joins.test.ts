// What a model says by way of its joins, and what its members are called.
import { describe, expect, it } from 'vitest';
import { joinedFlights, joinedModels } from '@/testing/joined-fixtures';
import { humanised, widened } from './joins';
import { fromMember, memberLabel, toMember } from './members';

const wide = widened(joinedFlights, joinedModels);

describe('dimensions of joined models', () => {
  it('come after the own, one step and two, and not from many rows or by two ways', () => {
    const added = wide.dimensions.slice(joinedFlights.dimensions.length);
    expect(added.map(({ name, label }) => [name, label])).toEqual([
      ['planes.seats', 'Planes: Seats'],
      ['origin_airport.city', 'Origin airport: City'],
      ['origin_airport.opened', 'Origin airport: Opened'],
      ['destination.city', 'Destination: City'],
      ['destination.opened', 'Destination: Opened'],
      ['maker.name', 'Maker: Name'],
    ]);
  });

  it('are none where there are no joins', () => {
    const [, , , makers] = joinedModels;
    expect(makers && widened(makers, joinedModels)).toBe(makers);
  });

  it('know no model that is not there', () => {
    expect(widened(joinedFlights, [joinedFlights])).toBe(joinedFlights);
  });
});

describe('names', () => {
  it.each([
    ['carrier', 'flights.carrier'],
    ['origin_airport.city', 'origin_airport.city'],
  ])('%s is the member %s', (name, member) => {
    expect(toMember(name, 'flights')).toBe(member);
    expect(fromMember(member, 'flights')).toBe(name);
  });

  it.each([
    ['flights.carrier', 'Carrier'],
    ['origin_airport.city', 'Origin airport: City'],
    ['maker.name', 'Maker: Name'],
    ['nowhere.some_name', 'some name'],
  ])('%s is called %s', (member, label) => {
    expect(memberLabel(member, joinedModels)).toBe(label);
  });

  it('are words', () => {
    expect(humanised('origin_airport')).toBe('Origin airport');
  });
});
