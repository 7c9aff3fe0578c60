// What a card asks, explored.
import { afterEach, describe, expect, it } from 'vitest';
import type { Calendar, SemanticQuery } from '@/api/types';
import { setFormatCalendar } from '@/lib/format/calendar';
import { viewAsModel } from '@/lib/views';
import { joinedModels } from '@/testing/joined-fixtures';
import { tripsView } from '@/testing/view-fixtures';
import { mainQuery } from '../query/to-query';
import { fit } from './fit';
import { explorePath, stateOf } from './from-query';
import { readState } from './url-state';

const trips = viewAsModel(tripsView, joinedModels);
const query: SemanticQuery = {
  measures: ['trips.trips'],
  dimensions: ['trips.origin_airport_city'],
  timeDimensions: [
    {
      dimension: 'trips.left_at',
      granularity: 'month',
      dateRange: 'last 90 days of data',
      fill: 'zero',
    },
  ],
  filters: [{ member: 'trips.airline', operator: 'equals', values: ['UA'] }],
  segments: ['trips.busy'],
  order: [['trips.trips', 'desc']],
  top: { dimension: 'trips.origin_airport_city', limit: 5, others: true },
  limit: 100,
  timezone: 'America/New_York',
};
const line = { kind: 'line' as const, options: {} };

afterEach(() => setFormatCalendar(null));

describe('a card that is explored', () => {
  it('is asked the same', () => {
    const state = stateOf(query, trips, line);
    expect(fit(state, [trips])).toMatchObject({ state, complaints: [] });
    expect(mainQuery(state, trips)).toMatchObject(query);
  });

  it('has an address, also by the next level', () => {
    expect(explorePath(query, trips, line, null)).toContain(
      '/explore?model=trips&m=trips&d=origin_airport_city&grain=month',
    );
    const within = { from: 'trips.origin_airport_city', to: 'origin' };
    const path = explorePath(query, trips, line, within);
    expect(path).toContain('&d=origin&');
    expect(path).toContain('&top=origin:5&');
  });

  it('is asked by its calendar where that is another than the usual', () => {
    const calendar = { weekStart: 'sunday' as const, yearStart: 4 };
    const path = explorePath({ ...query, calendar }, trips, line, null);
    expect(path).toContain('&cal=week:sunday,year:4');
    const state = stateOf({ ...query, calendar }, trips, line);
    expect(mainQuery(state, trips)?.calendar).toEqual({ ...calendar, dayStart: 0 });
    const usual = { weekStart: 'monday' as const, yearStart: 1 };
    expect(explorePath({ ...query, calendar: usual }, trips, line, null)).not.toContain('cal=');
    setFormatCalendar(calendar);
    expect(stateOf({ ...query, calendar }, trips, line).calendar).toBeNull();
    expect(stateOf({ ...query, calendar: usual }, trips, line).calendar).toEqual({
      ...usual,
      dayStart: 0,
    });
  });

  it('keeps the zone of its dashboard, whoever explores it', () => {
    const zoneOf = (asked: SemanticQuery) => {
      const path = explorePath(asked, trips, line, null);
      return readState(new URLSearchParams(path.slice(path.indexOf('?')))).state.zone;
    };
    for (const timezone of ['Asia/Tokyo', 'America/New_York', 'UTC']) {
      setFormatCalendar({ timezone });
      expect(zoneOf(query)).toBe('America/New_York');
      expect(zoneOf({ ...query, timezone: 'UTC' })).toBe('UTC');
      expect(zoneOf({ ...query, timezone: null, calendar: { timezone: 'Europe/Oslo' } })).toBe(
        'Europe/Oslo',
      );
      expect(zoneOf({ ...query, timezone: null })).toBe(timezone);
    }
  });

  it.each<[Calendar, Calendar, Calendar | null]>([
    [{ yearStart: 4 }, { weekStart: 'sunday' }, { weekStart: 'sunday', yearStart: 4, dayStart: 0 }],
    [
      { weekStart: 'sunday', dayStart: 0 },
      { dayStart: 6 },
      { weekStart: 'sunday', yearStart: 1, dayStart: 0 },
    ],
    [{ weekStart: 'sunday' }, { weekStart: 'sunday', dayStart: 6 }, null],
    [{ yearStart: 4, dayStart: null }, { yearStart: 4, dayStart: 6 }, null],
  ])('has of the calendar %j under that of all, %j, the whole: %j', (own, usual, whole) => {
    setFormatCalendar(usual);
    expect(stateOf({ ...query, calendar: own }, trips, line).calendar).toEqual(whole);
    // An address says the same, also to who has another calendar.
    const path = explorePath({ ...query, calendar: own }, trips, line, null);
    const read = readState(new URLSearchParams(path.slice(path.indexOf('?')))).state;
    expect(mainQuery(read, trips)?.calendar ?? null).toEqual(whole);
  });

  it('says what of it is not asked: its holidays, and a second time', () => {
    const most: SemanticQuery = {
      ...query,
      calendar: { weekStart: 'sunday', holidays: [{ date: '2013-12-25' }] },
      timeDimensions: [
        ...(query.timeDimensions ?? []),
        { dimension: 'trips.booked_at', granularity: 'year' },
      ],
    };
    const complaints = (asked: SemanticQuery): string[] => {
      const path = explorePath(asked, trips, line, null);
      return readState(new URLSearchParams(path.slice(path.indexOf('?')))).complaints;
    };
    expect(complaints(query)).toEqual([]);
    expect(complaints(most)).toEqual([
      expect.stringContaining('holidays'),
      expect.stringContaining('second time'),
    ]);
    expect(explorePath(most, trips, line, null)).toContain('&lost=holidays&lost=time');
  });

  it('keeps a range of another time as a condition', () => {
    const two = {
      ...query,
      timeDimensions: [
        { dimension: 'trips.left_at', granularity: 'day' },
        { dimension: 'trips.booked_at', dateRange: ['2013-01-01', '2013-01-31'] },
      ],
    };
    expect(stateOf(two, trips, line)).toMatchObject({
      range: 'all',
      filters: [
        { member: 'airline' },
        { member: 'booked_at', operator: 'inDateRange', values: ['2013-01-01', '2013-01-31'] },
      ],
    });
  });
});
