// The state goes into the address and comes back as it was, whatever its names are; what is broken is said and left out.
import { afterEach, describe, expect, it } from 'vitest';
import type { Filter, Grain, WidgetKind } from '@/api/types';
import { setFormatCalendar } from '@/lib/format/calendar';
import { emptyState } from './explore-state';
import type { ExploreState } from './explore-state';
import { readState, searchOf, writeState } from './url-state';

afterEach(() => setFormatCalendar(null));

const roundTrip = (state: ExploreState) =>
  readState(new URLSearchParams(searchOf(writeState(state))));

const states: [string, Partial<ExploreState>][] = [
  ['nothing', {}],
  ['members', { model: 'flights', measures: ['count', 'avg'], dimensions: ['carrier'] }],
  ['names that need care', { measures: ['a,b', 'c:d', 'e\\f', 'g h', 'Größe', '&=#?+%'] }],
  ['a time', { on: 'arrived_at', grain: 'week' }],
  ['a width', { grain: '15 minutes' }],
  ['a width from a day', { grain: '8 hours from 2024-01-01T06:00' }],
  ['a name for a width', { grain: 'fiscal_year' }],
  ['a relative range', { range: 'last 12 months' }],
  ['days', { range: ['2013-01-01', '2013-06-30'] }],
  ['instants', { range: ['2013-10-01T04:00:00.000Z', '2013-11-01T03:59:59.999Z'] }],
  ['all time', { range: 'all' }],
  ['the grammar of now', { range: 'now-7d/d to now' }],
  [
    'filters',
    {
      filters: [
        { member: 'carrier', operator: 'equals', values: ['UA', null, 'a,b', '~', '#1', '!true'] },
        { member: 'delay', operator: 'between', values: [-1.5, 20] },
        { member: 'late', operator: 'equals', values: [true, false] },
        { member: 'tail', operator: 'set' },
        { member: 'tail', operator: 'equals', values: [''] },
        { member: 'Name mit Leerzeichen', operator: 'contains', values: ['x & y'] },
        {
          or: [
            { member: 'a', operator: 'gt', values: [1] },
            { and: [{ member: 'b', operator: 'notSet' }] },
          ],
        },
      ],
    },
  ],
  [
    'an order',
    {
      order: [
        ['co:unt', 'desc'],
        ['a,b', 'asc'],
      ],
    },
  ],
  ['rows, zone and state', { limit: 50_000, zone: 'America/New_York', asOf: 12 }],
  ['a calendar', { calendar: { weekStart: 'sunday', yearStart: 4, dayStart: 6, weekend: [] } }],
  ['a calendar as ever', { calendar: { weekStart: 'monday', yearStart: 1, dayStart: 0 } }],
  ['a time of the data', { asOf: '2026-11-26T10:00:00Z' }],
  ['all values', { top: 'all' }],
  ['the greatest values and the others', { top: { dimension: 'a:b,c', limit: 8, others: true } }],
  ['the greatest values only', { top: { dimension: 'all', limit: 3, others: false } }],
  ['filled times', { grain: 'day', fill: 'previous' }],
  ['looks', { pivot: 'carrier', compare: true, chart: 'heatmap', exact: true }],
];

/** The same numbers each time: a failure names its seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function anyState(seed: number): ExploreState {
  const next = random(seed);
  const pick = <T>(all: readonly T[]): T => all[Math.floor(next() * all.length)] as T;
  const signs = [
    'a',
    'Z',
    '0',
    '_',
    ',',
    ':',
    '\\',
    ' ',
    '.',
    '~',
    '#',
    '!',
    '%',
    '&',
    'ü',
    '/',
    '"',
  ];
  const text = (): string =>
    Array.from({ length: 1 + Math.floor(next() * 6) }, () => pick(signs)).join('');
  const names = (): string[] => [...new Set(Array.from({ length: Math.floor(next() * 4) }, text))];
  const filter = (): Filter =>
    next() < 0.2
      ? { or: [filter(), filter()] }
      : {
          member: text(),
          operator: pick(['equals', 'notEquals', 'contains', 'gte'] as const),
          values: Array.from({ length: 1 + Math.floor(next() * 3) }, () =>
            pick([text(), null, true, false, Math.round(next() * 1e6) / 100, -3]),
          ),
        };
  return {
    model: pick([null, text()]),
    measures: names(),
    dimensions: names(),
    on: pick([null, text()]),
    grain: pick<Grain | null>([null, 'hour', 'year']),
    range: pick(['all', 'last 3 weeks of data', ['2013-01-01', '2013-01-02']]),
    filters: Array.from({ length: Math.floor(next() * 3) }, filter),
    segments: names(),
    order: names().map((name) => [name, pick(['asc', 'desc'] as const)]),
    limit: pick([null, 1, 777]),
    pivot: pick([null, text()]),
    top: pick<ExploreState['top']>([
      null,
      'all',
      { dimension: text(), limit: 12, others: next() < 0.5 },
    ]),
    fill: pick(['null', 'zero', 'previous'] as const),
    compare: next() < 0.5,
    chart: pick<WidgetKind | null>([null, 'line', 'table']),
    zone: pick(['UTC', 'Europe/Berlin']),
    calendar: pick<ExploreState['calendar']>([
      null,
      { weekStart: 'sunday', yearStart: 1, dayStart: 0 },
      { weekStart: 'saturday', yearStart: 7, dayStart: 0, weekend: ['thursday', 'friday'] },
    ]),
    exact: next() < 0.5,
    asOf: pick([null, 0, 41, '2026-11-26T10:00:00Z']),
  };
}

describe('the state in the address', () => {
  it.each(states)('keeps %s', (_name, part) => {
    const state = { ...emptyState, ...part };
    expect(roundTrip(state)).toEqual({ state, complaints: [] });
  });

  it('keeps anything', () => {
    for (let seed = 1; seed <= 400; seed += 1) {
      const state = anyState(seed);
      expect(roundTrip(state), `seed ${seed}`).toEqual({ state, complaints: [] });
    }
  });

  it('leaves out what is as usual, and stays readable', () => {
    expect(searchOf(writeState(emptyState))).toBe('');
    const state: ExploreState = {
      ...emptyState,
      model: 'flights',
      measures: ['count', 'avg_arr_delay'],
      dimensions: ['carrier'],
      filters: [{ member: 'origin', operator: 'equals', values: ['JFK', 'LGA'] }],
      order: [['count', 'desc']],
    };
    expect(searchOf(writeState(state))).toBe(
      '?model=flights&m=count,avg_arr_delay&d=carrier&f=origin:equals:JFK,LGA&order=count:desc',
    );
  });

  it.each<[string, string]>([
    ['grain=%2F', '“/” is not a grain such as day or month.'],
    ['time=lst+3', '“lst 3” is not a range of time.'],
    ['time=2013-02-01..2013-01-01', '“2013-02-01..2013-01-01” is not a range of time.'],
    ['time=2013-02-31..2013-03-01', '“2013-02-31..2013-03-01” is not a range of time.'],
    ['f=nonsense', '“nonsense” is not a filter.'],
    ['f=carrier:equalz:UA', '“carrier:equalz:UA” is not a filter.'],
    ['f={"or":[]}', '“{"or":[]}” is not a filter.'],
    ['f={"member":1,"operator":"set"}', '“{"member":1,"operator":"set"}” is not a filter.'],
    ['f={broken', '“{broken” is not a filter.'],
    ['order=count:sideways', '“count:sideways” is not an order such as count:desc.'],
    ['limit=0', '“0” is not a number of rows from 1 to 50,000.'],
    ['limit=1e9', '“1e9” is not a number of rows from 1 to 50,000.'],
    ['zone=Mars', '“Mars” is not a time zone.'],
    ['cal=noon', '“noon” is not a calendar such as week:sunday,year:4.'],
    ['chart=pie', '“pie” is not a kind of chart.'],
    ['top=carrier', '“carrier” is not a choice of values such as carrier:8.'],
    ['top=carrier:0', '“carrier:0” is not a choice of values such as carrier:8.'],
    ['top=carrier:8:rest', '“carrier:8:rest” is not a choice of values such as carrier:8.'],
    ['fill=nothing', '“nothing” is not a filling; gap, zero and last are.'],
    ['compare=after', '“after” is not a comparison; “before” is.'],
    ['exact=1', '“1” is not a choice; “yes” is.'],
    ['asOf=yesterday', '“yesterday” is not a version or a time.'],
  ])('says of %s what is wrong, and goes on', (query, complaint) => {
    const read = readState(new URLSearchParams(`m=count&${query}`));
    expect(read.complaints).toEqual([complaint]);
    expect(read.state).toEqual({ ...emptyState, measures: ['count'] });
  });

  it('takes every part empty for absent', () => {
    const empty =
      'model=&m=&d=&on=&grain=&time=&f=&order=&limit=&pivot=&top=&fill=&compare=&chart=&zone=&cal=&exact=&asOf=';
    expect(readState(new URLSearchParams(empty))).toEqual({ state: emptyState, complaints: [] });
  });

  it('takes an address without a zone in that of who asks, and says another one', () => {
    const zoneOf = (search: string) => readState(new URLSearchParams(search)).state.zone;
    const written = (zone: string) => writeState({ ...emptyState, zone }).get('zone');
    expect(zoneOf('m=count')).toBe('UTC');
    expect(written('UTC')).toBeNull();
    setFormatCalendar({ timezone: 'Asia/Tokyo' });
    expect(zoneOf('m=count')).toBe('Asia/Tokyo');
    expect(zoneOf('m=count&zone=UTC')).toBe('UTC');
    expect(written('Asia/Tokyo')).toBeNull();
    expect(written('UTC')).toBe('UTC');
  });
});
