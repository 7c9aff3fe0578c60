// The made-up flights with models that they are joined to: twice to airports, once to planes, and from these to makers.
import type { Model } from '@/api/types';
import { flightsModel } from './fake-engine';

export const joinedFlights: Model = {
  ...flightsModel,
  joins: [
    { name: 'planes', on: [{ column: 'tailnum', other: 'tailnum' }] },
    {
      name: 'origin_airport',
      model: 'airports',
      relationship: 'many_to_one',
      on: [{ column: 'origin', other: 'faa' }],
    },
    { name: 'destination', model: 'airports', on: [{ column: 'dest', other: 'faa' }] },
    {
      name: 'legs',
      model: 'legs',
      relationship: 'one_to_many',
      on: [{ column: 'flight', other: 'flight' }],
    },
  ],
  segments: [
    {
      name: 'busy',
      label: 'From New York proper',
      filters: [{ member: 'flights.origin', operator: 'equals', values: ['JFK', 'LGA'] }],
    },
  ],
};

const plain = (name: string, label: string): Model => ({
  name,
  dataset: name,
  label,
  version: 1,
  time_dimension: null,
  dimensions: [],
  measures: [{ name: 'count', label, kind: 'count' }],
});

export const airportsModel: Model = {
  ...plain('airports', 'Airports'),
  dimensions: [
    { name: 'city', label: 'City', type: 'string', column: 'city' },
    { name: 'opened', label: 'Opened', type: 'date', column: 'opened' },
  ],
  // Two ways lead to countries, so that their name alone says neither.
  joins: [{ name: 'countries', on: [{ column: 'country', other: 'code' }] }],
};

export const joinedModels: Model[] = [
  joinedFlights,
  airportsModel,
  {
    ...plain('planes', 'Planes'),
    dimensions: [{ name: 'seats', label: 'Seats', type: 'integer', column: 'seats' }],
    joins: [
      { name: 'maker', model: 'makers', on: [{ column: 'maker', other: 'id' }] },
      {
        name: 'flights',
        relationship: 'one_to_many',
        on: [{ column: 'tailnum', other: 'tailnum' }],
      },
    ],
  },
  {
    ...plain('makers', 'Makers'),
    dimensions: [{ name: 'name', label: 'Name', type: 'string', column: 'name' }],
  },
  {
    ...plain('countries', 'Countries'),
    dimensions: [{ name: 'name', label: 'Name', type: 'string', column: 'name' }],
  },
  { ...plain('legs', 'Legs'), dimensions: [{ name: 'leg', label: 'Leg', type: 'integer' }] },
];
