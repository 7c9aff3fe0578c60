// The view as data: address codec, ranges, queries, filters.
import { describe, expect, it } from 'vitest';
import type { Calendar, DashboardDefinition, DateRange, Filter, SemanticQuery } from '@/api/types';
import { normalizeQuery, queryKey } from '@/api/query-key';
import { flightsModel } from '@/testing/fake-engine';
import { joinedModels } from '@/testing/joined-fixtures';
import { planesView, tripsView } from '@/testing/view-fixtures';
import { asOfName, parseWall, wallText } from './as-of-words';
import { filterText, toggleValue } from '@/lib/filter-words';
import { setFormatCalendar } from '@/lib/format';
import { parseRange, presetGroups, rangeText, timeControlLabel } from '@/lib/time-ranges';
import { decodeFilter, encodeFilter } from '@/lib/filter-text';
import { namedIn } from './named-in';
import { emptyView, readView, writeView } from './url-state';
import type { ViewState } from './url-state';
import { comparisonQuery } from '@/lib/comparison';
import { askable } from '@/lib/views';
import {
  filterFor,
  needsModels,
  reaches,
  rootOf,
  timeMemberOf,
  unreachedBy,
  viewOf,
  viewQuery,
} from './view-query';
import type { DashboardView } from './view-query';

/** A week of which an answer told. */
const march = {
  time_range: { from: '2013-03-08T05:00:00Z', to: '2013-03-15T04:00:00Z' },
  complete_until: null,
};
const filters: Filter[] = [
  {
    member: 'flights.carrier',
    operator: 'equals',
    values: ['UA', 'a,b', '#1', '~', '\\x', 'ä : ö'],
  },
  { member: 'flights.month', operator: 'equals', values: [1, 2.5, -3] },
  { member: 'flights.late', operator: 'notEquals', values: [true, false, null] },
  { member: 'flights.tail', operator: 'notSet' },
  {
    or: [
      { member: 'flights.origin', operator: 'equals', values: ['EWR'] },
      { member: 'flights.month', operator: 'gt', values: [6] },
    ],
  },
];

describe('address', () => {
  it.each(filters.map((filter) => [encodeFilter(filter), filter] as const))(
    'carries %s',
    (text, filter) => {
      const params = new URLSearchParams();
      params.set('f', text);
      expect(decodeFilter(new URLSearchParams(params.toString()).get('f') ?? '')).toEqual(filter);
    },
  );

  it('is readable', () => {
    expect(
      encodeFilter({ member: 'flights.carrier', operator: 'equals', values: ['UA', 'AA'] }),
    ).toBe('flights.carrier:equals:UA,AA');
  });

  it('brings the whole view back, and leaves other parameters alone', () => {
    const view = {
      range: ['2013-01-01', '2013-06-30'] as [string, string],
      grain: 'week' as const,
      filters,
      asOf: '2026-11-22T18:42:00.125Z',
    };
    const params = writeView(new URLSearchParams('w=w5'), view);
    expect(params.get('w')).toBe('w5');
    expect(readView(new URLSearchParams(params.toString()))).toEqual(view);
  });

  it('tells "as saved" from "none"', () => {
    expect(readView(new URLSearchParams(''))).toEqual(emptyView);
    const none: ViewState = { range: null, grain: null, filters: [], asOf: null };
    expect(readView(writeView(new URLSearchParams(), none))).toEqual(none);
  });

  it.each([
    ['2026-11-22T19:42:00+01:00', '2026-11-22T18:42:00.000Z'],
    ['2026-11-22T18:42Z', '2026-11-22T18:42:00.000Z'],
    // Without a zone a link would mean another state elsewhere.
    ['2026-11-22T18:42:00', null],
    ['2026-13-22T18:42:00Z', null],
    ['12', null],
    ['', null],
  ])('reads %j as the instant %s', (text, instant) => {
    expect(readView(new URLSearchParams({ asOf: text })).asOf).toBe(instant);
  });

  it('loses a broken chip, not the page', () => {
    expect(readView(new URLSearchParams('f=%7Bbroken&f=what&grain=eon')).filters).toEqual([]);
  });
});

describe('ranges', () => {
  it('understands every preset and gives it back', () => {
    for (const { range } of presetGroups.flatMap((group) => group.presets)) {
      expect(parseRange(range)).toEqual({ range });
    }
  });

  it.each([
    ['Last 30 Days', 'last 30 days'],
    ['from 2 weeks ago to now', 'from 2 weeks ago to now'],
    ['now-7d/d to now', 'now-7d/d to now'],
    ['now-3bd/d to now+1bd/d', 'now-3bd/d to now+1bd/d'],
    ['Last 5 business days of data', 'last 5 business days of data'],
    ['last business day', 'last business day'],
    ['from 3 business days ago to now', 'from 3 business days ago to now'],
    ['last 12 months of data', 'last 12 months of data'],
    ['last day of data', 'last day of data'],
    ['2013-01-31', '2013-01-31'],
    ['2013-01-01 to now', '2013-01-01 to now'],
    ['now-7d/d to 2013-12-31', 'now-7d/d to 2013-12-31'],
    ['2013-01-01 to now/d of data', '2013-01-01 to now/d of data'],
    ['2013-01-01 to 2013-06-30', ['2013-01-01', '2013-06-30']],
    ['2013-01-01..2013-06-30', ['2013-01-01', '2013-06-30']],
  ])('reads %s', (typed, range) => {
    expect(parseRange(typed)).toEqual({ range });
    expect(parseRange(rangeText(range as string))).toEqual({ range });
  });

  it.each([
    '',
    '5 days',
    'last fortnight',
    'this business day',
    'now-1d/bd to now',
    '2013-02-31',
    '2013-02-31 to now',
    '2013-01-01 to 2013-06-30 of data',
    'now to now to now',
    '2013-06-30 to 2013-01-01',
  ])('refuses "%s" with words', (typed) => {
    expect(parseRange(typed)).toHaveProperty('problem');
  });

  it('says range, grain and zone on the button', () => {
    expect(timeControlLabel('last 90 days of data', 'day', 'America/New_York')).toBe(
      'Last 90 days of data, by day, America/New_York',
    );
    expect(timeControlLabel('all', null, 'UTC')).toBe('All time, UTC');
    expect(timeControlLabel(['2013-01-01', '2013-01-31'], null, 'UTC')).toBe(
      '2013-01-01 – 2013-01-31, UTC',
    );
  });
});

describe('queries', () => {
  const view: DashboardView = {
    range: 'last 7 days of data',
    grain: 'week',
    filters: [filters[0]!],
    zone: 'America/New_York',
    calendar: null,
    asOf: null,
  };
  const definition = { time_dimension: 'flights.time_hour' };

  it('adds time, grain, filters and zone', () => {
    const query = viewQuery(
      {
        query: {
          measures: ['flights.count'],
          timeDimensions: [{ dimension: 'flights.time_hour', granularity: 'day' }],
        },
      },
      definition,
      view,
      [],
    );
    expect(query).toMatchObject({
      timeDimensions: [
        { dimension: 'flights.time_hour', granularity: 'week', dateRange: 'last 7 days of data' },
      ],
      filters: [filters[0]],
      timezone: 'America/New_York',
    });
  });

  it('restricts a number without giving it a grain', () => {
    const query = viewQuery({ query: { measures: ['flights.count'] } }, definition, view, []);
    expect(query.timeDimensions).toEqual([
      { dimension: 'flights.time_hour', dateRange: 'last 7 days of data' },
    ]);
  });

  it('leaves a card of another model alone, except for its own time', () => {
    const other = viewQuery({ query: { measures: ['weather.avg_temp'] } }, definition, view, [
      { ...flightsModel, name: 'weather', time_dimension: 'at' },
    ]);
    expect(other.filters).toBeUndefined();
    expect(other.timeDimensions?.[0]?.dimension).toBe('weather.at');
  });

  const city: Filter = { member: 'origin_airport.city', operator: 'equals', values: ['Newark'] };

  it('filters a card by what its rows belong to', () => {
    const card = { query: { measures: ['flights.count'], dimensions: ['origin_airport.city'] } };
    const joined = { ...view, filters: [city] };
    expect(viewQuery(card, definition, joined, joinedModels).filters).toEqual([city]);
    expect(reaches(city, { measures: ['legs.count'] }, joinedModels)).toBe(false);
    // Which of these it is only the models say, so that they are waited for.
    expect(needsModels(definition, joined, card.query)).toBe(true);
    expect(needsModels(definition, view, card.query)).toBe(false);
  });

  describe('of views', () => {
    const all = askable([tripsView], joinedModels);
    const card = { query: { measures: ['trips.trips'] } };
    const carrier: Filter = { member: 'flights.carrier', operator: 'equals', values: ['UA'] };

    it('has the filters and the time of the dashboard in its own words', () => {
      const both = { or: [carrier, { ...carrier, member: 'origin_airport.city' }] };
      const query = viewQuery(card, definition, { ...view, filters: [carrier, both] }, all);
      expect(query.filters).toEqual([
        { ...carrier, member: 'trips.airline' },
        {
          or: [
            { ...carrier, member: 'trips.airline' },
            { ...carrier, member: 'trips.origin_airport_city' },
          ],
        },
      ]);
      expect(query.timeDimensions).toEqual([
        { dimension: 'trips.left_at', dateRange: 'last 7 days of data' },
      ]);
      expect(needsModels(definition, { filters: [] }, card.query)).toBe(true);
    });

    it('is not reached by what the view does not show', () => {
      const month: Filter = { member: 'flights.month', operator: 'equals', values: [1] };
      expect(filterFor(month, card.query, all)).toBeNull();
      const query = viewQuery(card, definition, { ...view, filters: [month] }, all);
      expect(query.filters).toBeUndefined();
    });

    it('has a time of its own where that of the dashboard is another', () => {
      const query = viewQuery(card, { time_dimension: 'weather.at' }, view, all);
      expect(query.timeDimensions?.[0]?.dimension).toBe('trips.left_at');
    });

    it('reaches the cards of models, too', () => {
      const airline = { ...carrier, member: 'trips.airline' };
      const query = viewQuery(
        { query: { measures: ['flights.count'] } },
        { time_dimension: 'trips.left_at' },
        { ...view, filters: [airline] },
        all,
      );
      expect(query.filters).toEqual([carrier]);
      expect(query.timeDimensions?.[0]?.dimension).toBe('flights.time_hour');
      expect(filterFor(airline, { measures: ['legs.count'] }, all)).toBeNull();
    });

    describe('that count rows of another model than their first', () => {
      const known = askable([planesView], joinedModels);
      const planes = { query: { measures: ['trips.planes'] } };
      const seats: Filter = { member: 'planes.seats', operator: 'gt', values: [100] };

      it('have the filters that its rows have, and no time of other rows', () => {
        const asked = viewQuery(planes, definition, { ...view, filters: [carrier, seats] }, known);
        expect(asked.filters).toEqual([{ ...seats, member: 'trips.seats' }]);
        expect(asked.timeDimensions).toBeUndefined();
        const airline = { ...carrier, member: 'trips.airline' };
        expect(filterFor(airline, planes.query, known)).toBeNull();
        expect(timeMemberOf({ time_dimension: 'trips.left_at' }, planes.query, known)).toBeNull();
      });

      it('have of several models what each of them says', () => {
        const both = { measures: ['trips.trips', 'trips.planes'] };
        expect(filterFor(carrier, both, known)).toBeNull();
        expect(filterFor(seats, both, known)).toEqual({ ...seats, member: 'trips.seats' });
        const same = joinedModels.map((model) =>
          model.name === 'planes'
            ? {
                ...model,
                dimensions: [
                  ...model.dimensions,
                  {
                    name: 'operator',
                    label: 'O',
                    type: 'string' as const,
                    same_as: 'flights.carrier',
                  },
                ],
              }
            : model,
        );
        expect(filterFor(carrier, both, askable([planesView], same))).toEqual({
          ...carrier,
          member: 'trips.airline',
        });
      });
    });

    it('is marked where the range does not reach it', () => {
      const timeless = { ...tripsView, time_dimension: null, dimensions: [] };
      const known = askable([timeless], joinedModels);
      const marks = (query: SemanticQuery, range: DateRange = 'today') =>
        unreachedBy(definition, { filters: [carrier], range }, query, known);
      expect(marks(card.query)).toEqual(['the time range', 'Carrier is UA']);
      expect(marks(card.query, 'all')).toEqual(['Carrier is UA']);
      const own = { dimension: 'trips.left_at', dateRange: 'yesterday' };
      expect(marks({ ...card.query, timeDimensions: [own] })).toEqual(['Carrier is UA']);
      expect(marks({ measures: ['airports.count'] })).toContain('the time range');
      expect(marks({ measures: ['flights.count'] })).toEqual([]);
    });

    it('is not ranged by a time that it looks up', () => {
      const opened = {
        name: 'opened',
        label: 'Opened',
        type: 'date' as const,
        format: null,
        member: 'airports.opened',
      };
      const known = askable(
        [{ ...tripsView, dimensions: [...tripsView.dimensions, opened] }],
        joinedModels,
      );
      const shared = { time_dimension: 'airports.opened' };
      expect(timeMemberOf(shared, card.query, known)).toBe('trips.left_at');
      expect(timeMemberOf(shared, { measures: ['flights.count'] }, known)).toBe(
        'flights.time_hour',
      );
    });

    it('is of the view where only its members are asked, and else of a model', () => {
      expect(rootOf({ dimensions: ['trips.origin_airport_city'] }, all)).toBe('trips');
      expect(rootOf({ dimensions: ['origin_airport.city'] }, all)).toBe('flights');
    });
  });

  it('finds the model of a card that has only joined dimensions, and its time', () => {
    const query = { dimensions: ['origin_airport.city'] };
    expect(rootOf(query, joinedModels)).toBe('flights');
    expect(rootOf({ dimensions: ['planes.seats'] }, joinedModels)).toBe('planes');
    expect(rootOf({ dimensions: ['planes.seats', 'flights.carrier'] }, joinedModels)).toBe(
      'flights',
    );
    const asked = viewQuery({ query }, {}, { ...view, filters: [city] }, joinedModels);
    expect(asked.timeDimensions).toEqual([
      { dimension: 'flights.time_hour', dateRange: 'last 7 days of data' },
    ]);
    expect(asked.filters).toEqual([city]);
  });

  it('asks an older state, also for the period before', () => {
    const asOf = '2026-11-22T18:42:00.000Z';
    const card = { query: { measures: ['flights.count'] } };
    const query = viewQuery(card, definition, { ...view, asOf }, []);
    expect(normalizeQuery(query).asOf).toBe(asOf);
    expect(queryKey(query)).not.toBe(queryKey(viewQuery(card, definition, view, [])));
    expect(comparisonQuery(query, 'flights.time_hour', march, 'UTC', 7)?.asOf).toBe(asOf);
    // A version that the author fixed for a card stays.
    const fixed = viewQuery(
      { query: { ...card.query, asOf: 3 } },
      definition,
      { ...view, asOf },
      [],
    );
    expect(fixed.asOf).toBe(3);
  });

  it('takes from the calendar of the dashboard what that of the card does not say', () => {
    const friday = { weekend: ['friday'], holidays: [{ date: '2026-12-25' }] } as Calendar;
    const around = { ...view, calendar: { ...friday, dayStart: 6 } };
    const calendarOf = (calendar: Calendar) =>
      viewQuery({ query: { measures: ['flights.count'], calendar } }, definition, around, [])
        .calendar;
    expect(calendarOf({ weekStart: 'sunday' })).toEqual({
      ...friday,
      dayStart: 6,
      weekStart: 'sunday',
    });
    expect(calendarOf({ weekend: [], dayStart: null } as Calendar)).toEqual({
      ...friday,
      dayStart: 6,
      weekend: [],
    });
  });

  it('asks in the zone of the card, of the dashboard, of its calendar, of who looks: the first that there is', () => {
    const saved = { time: { range: 'all', grain: null }, timezone: null } as const;
    const zoneOf = (query: SemanticQuery, part: Partial<DashboardDefinition>) =>
      viewQuery({ query }, definition, viewOf({ ...saved, ...part }, emptyView), []).timezone;
    const [oslo, tokyo] = [{ timezone: 'Europe/Oslo' }, { timezone: 'Asia/Tokyo' }];
    expect(zoneOf({}, {})).toBe('UTC');
    setFormatCalendar(tokyo);
    try {
      expect(zoneOf({}, {})).toBe('Asia/Tokyo');
      expect(zoneOf({}, { calendar: oslo })).toBe('Europe/Oslo');
      expect(zoneOf({}, { timezone: 'UTC', calendar: oslo })).toBe('UTC');
      expect(zoneOf({ calendar: tokyo }, oslo)).toBe('Asia/Tokyo');
      expect(zoneOf({ timezone: 'UTC', calendar: tokyo }, oslo)).toBe('UTC');
    } finally {
      setFormatCalendar(null);
    }
  });

  it('asks everything without a range', () => {
    expect(
      viewQuery(
        { query: { measures: ['flights.count'] } },
        definition,
        { ...view, range: 'all' },
        [],
      ).timeDimensions,
    ).toBeUndefined();
  });

  it('compares only what has a range', () => {
    const query = viewQuery({ query: { measures: ['flights.count'] } }, definition, view, []);
    const before = comparisonQuery(query, 'flights.time_hour', march, 'America/New_York');
    expect(before?.timeDimensions?.[0]?.dateRange).toEqual(['2013-03-01', '2013-03-07']);
    expect(before?.asOf).toBeUndefined();
    // In the state of the answer that it is compared with, where that is one.
    expect(comparisonQuery(query, 'flights.time_hour', march, 'UTC', 7)?.asOf).toBe(7);
    expect(comparisonQuery({ measures: [] }, 'flights.time_hour', march, 'UTC')).toBeNull();
    expect(comparisonQuery(query, null, march, 'UTC')).toBeNull();
  });

  it.each(['last 5 business days', 'Last business day of data', 'now-3bd/d to now'])(
    'compares nothing with what was before %s, where days off may lie',
    (dateRange) => {
      const query = {
        measures: ['flights.count'],
        timeDimensions: [{ dimension: 'flights.time_hour', dateRange }],
      };
      expect(comparisonQuery(query, 'flights.time_hour', march, 'UTC')).toBeNull();
    },
  );

  it('gives equal questions one key', () => {
    const a = { measures: ['m.a'], filters: [filters[0]!, filters[1]!], dimensions: [] };
    const b = { filters: [filters[1]!, filters[0]!], measures: ['m.a'] };
    expect(queryKey(a)).toBe(queryKey(b));
    expect(queryKey(normalizeQuery(a))).toBe(queryKey(a));
    expect(queryKey({ ...b, timezone: 'UTC' })).not.toBe(queryKey(b));
    // What is sent is the normalised question, so that nothing may be lost on the way there.
    expect(normalizeQuery({ ...b, segments: ['m.busy'] }).segments).toEqual(['m.busy']);
    expect(queryKey({ ...b, segments: ['m.busy'] })).not.toBe(queryKey(b));
  });
});

describe('the state of the data', () => {
  const now = Date.parse('2026-11-22T18:42:00Z');

  it.each([
    ['2026-11-22T13:42:00', { asOf: '2026-11-22T18:42:00.000Z' }],
    ['2026-07-01T00:00', { asOf: '2026-07-01T04:00:00.000Z' }],
    ['2026-11-22T13:42:01', { problem: 'This is still to come.' }],
    ['', { problem: 'Enter a date and a time.' }],
    ['yesterday', { problem: 'Enter a date and a time.' }],
  ])('is typed on the wall clock: %j', (typed, expected) => {
    expect(parseWall(typed, 'America/New_York', now)).toEqual(expected);
  });

  it('is shown on the same clock', () => {
    expect(wallText(now, 'America/New_York')).toBe('2026-11-22T13:42:00');
    expect(asOfName('2026-11-22T18:42:00Z', 'America/New_York')).toBe(
      'As of 22 Nov 2026, 13:42:00 (America/New_York)',
    );
  });

  it.each([
    ['2026-11-22T18:42:00.125Z', '2026-11-22T13:42:00.125', '13:42:00.125'],
    ['2026-11-22T18:42:00.100Z', '2026-11-22T13:42:00.100', '13:42:00.100'],
    // Commits before 1970 there are none, but times can be typed.
    ['1969-12-31T18:42:00.125Z', '1969-12-31T13:42:00.125', '13:42:00.125'],
    ['2026-11-22T18:42:07.000Z', '2026-11-22T13:42:07', '13:42:07 '],
  ])('keeps milliseconds, and shows them where there are any: %s', (instant, wall, shown) => {
    const text = wallText(Date.parse(instant), 'America/New_York');
    expect(text).toBe(wall);
    expect(parseWall(text, 'America/New_York', now + 60_000)).toEqual({ asOf: instant });
    expect(asOfName(instant, 'America/New_York')).toContain(shown);
  });
});

describe('filters', () => {
  it('filters by a click, changes by another, and ends by the same', () => {
    const one = toggleValue([], 'flights.carrier', 'UA');
    expect(one).toEqual([{ member: 'flights.carrier', operator: 'equals', values: ['UA'] }]);
    expect(toggleValue(one, 'flights.carrier', 'AA')).toEqual([
      { member: 'flights.carrier', operator: 'equals', values: ['AA'] },
    ]);
    expect(toggleValue(one, 'flights.carrier', 'UA')).toEqual([]);
  });

  it('changes the filter that says the same in other words', () => {
    const all = askable([tripsView], joinedModels);
    const on: Filter[] = [{ member: 'flights.carrier', operator: 'equals', values: ['UA'] }];
    expect(namedIn(on, 'trips.airline', all)).toBe('flights.carrier');
    expect(namedIn(on, 'trips.origin', all)).toBe('trips.origin');
    const not: Filter[] = [{ ...on[0]!, operator: 'notEquals' } as Filter];
    expect(namedIn(not, 'trips.airline', all)).toBe('trips.airline');
  });

  it('says a filter in words', () => {
    expect(filterText(filters[1]!, [flightsModel])).toBe('Month is 1, 2.5 +1');
    expect(filterText(filters[4]!, [flightsModel])).toBe('Origin is EWR or Month is more than 6');
    const off: Filter = { member: 'flights.month', operator: 'offBusinessDays' };
    expect(filterText(off, [flightsModel])).toBe('Month is on days off');
    expect(decodeFilter(encodeFilter(off))).toEqual(off);
  });
});
