// A view of the made-up flights and the airports that they leave from, under names of its own.
import type { ViewDetail } from '@/api/types';

export const tripsView: ViewDetail = {
  definition: {
    name: 'trips',
    label: 'Trips',
    description: 'Flights in the words of travellers',
    version: 2,
    include: [
      {
        path: 'flights',
        members: [
          { name: 'count', alias: 'trips', label: 'Trips' },
          'avg_arr_delay',
          { name: 'time_hour', alias: 'left_at', label: 'Left at' },
          { name: 'carrier', alias: 'airline', label: 'Airline' },
          'origin',
          'busy',
        ],
      },
      { path: 'flights.origin_airport', members: ['city'], prefix: true },
    ],
  },
  time_dimension: 'left_at',
  dimensions: [
    {
      name: 'left_at',
      label: 'Left at',
      type: 'timestamp',
      format: null,
      member: 'flights.time_hour',
      granularities: [{ name: 'shift', label: 'Shift', interval: '8 hours' }],
    },
    { name: 'airline', label: 'Airline', type: 'string', format: null, member: 'flights.carrier' },
    { name: 'origin', label: 'Origin', type: 'string', format: null, member: 'flights.origin' },
    {
      name: 'origin_airport_city',
      label: 'City',
      type: 'string',
      format: null,
      member: 'origin_airport.city',
    },
  ],
  measures: [
    {
      name: 'trips',
      label: 'Trips',
      kind: 'count',
      format: 'integer',
      lower_is_better: false,
      member: 'flights.count',
    },
    {
      name: 'avg_arr_delay',
      label: 'Average arrival delay',
      kind: 'avg',
      format: 'duration_minutes',
      lower_is_better: true,
      member: 'flights.avg_arr_delay',
    },
  ],
  segments: [{ name: 'busy', label: 'From New York proper', member: 'flights.busy' }],
  hierarchies: [
    { name: 'places', label: 'Places', levels: ['origin_airport_city', 'origin', 'airline'] },
  ],
  folders: [],
  problems: [],
};

/** The same with words for its members, which lie in folders. */
export const filedView: ViewDetail = {
  ...tripsView,
  measures: tripsView.measures.map((measure) =>
    measure.name === 'trips' ? { ...measure, description: 'Departures that took place' } : measure,
  ),
  folders: [
    {
      name: 'On time',
      members: ['avg_arr_delay', { name: 'When', members: ['left_at', 'busy'] }],
    },
    { name: 'Where from', members: ['origin_airport_city', 'origin', 'avg_arr_delay'] },
  ],
};

/** The same with what another of its models counts. */
export const planesView: ViewDetail = {
  ...tripsView,
  definition: {
    ...tripsView.definition,
    include: [
      ...tripsView.definition.include,
      { path: 'flights.planes', members: ['count', 'seats'] },
    ],
  },
  dimensions: [
    ...tripsView.dimensions,
    { name: 'seats', label: 'Seats', type: 'integer', format: null, member: 'planes.seats' },
  ],
  measures: [
    ...tripsView.measures,
    {
      name: 'planes',
      label: 'Planes',
      kind: 'count',
      format: 'integer',
      lower_is_better: false,
      member: 'planes.count',
    },
  ],
};
