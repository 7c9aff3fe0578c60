// A small engine for the mocked server: a year of made-up flights, grouped, filtered and ordered like
// the real one does it, so that screens can be looked at and tested without a backend.
import { nextBucket, toWall, fromWall, wallDate } from '@/lib/zoned-time';
import type {
  Cell,
  DateRange,
  Filter,
  Grain,
  Model,
  QueryResult,
  ResultColumn,
  SemanticQuery,
} from '@/api/types';
import { shaped } from './fake-shape';

export const flightsModel: Model = {
  name: 'flights',
  dataset: 'flights',
  label: 'Flights',
  version: 1,
  time_dimension: 'time_hour',
  dimensions: [
    { name: 'time_hour', label: 'Scheduled', type: 'timestamp', column: 'time_hour' },
    { name: 'carrier', label: 'Carrier', type: 'string', column: 'carrier' },
    { name: 'origin', label: 'Origin', type: 'string', column: 'origin' },
    { name: 'month', label: 'Month', type: 'integer', column: 'month', format: 'd' },
  ],
  measures: [
    { name: 'count', label: 'Flights', kind: 'count', format: 'integer' },
    {
      name: 'avg_arr_delay',
      label: 'Average arrival delay',
      kind: 'avg',
      column: 'arr_delay',
      format: 'duration_minutes',
      lower_is_better: true,
    },
    { name: 'sum_distance', label: 'Distance', kind: 'sum', column: 'distance', format: 'number' },
    {
      name: 'share_late',
      label: 'Share late',
      kind: 'avg',
      column: 'late',
      format: 'percent',
      lower_is_better: true,
    },
  ],
};

interface Fact {
  at: number;
  carrier: string | null;
  origin: string;
  month: number;
  count: number;
  delay: number;
  distance: number;
  late: number;
}

export const engineZone = 'America/New_York';
const carriers: [string, number][] = [
  ['UA', 58],
  ['B6', 54],
  ['EV', 54],
  ['DL', 48],
  ['AA', 32],
  ['MQ', 26],
  ['US', 20],
  ['9E', 18],
  ['WN', 12],
  ['VX', 5],
  ['FL', 3],
  ['AS', 2],
];
const cities: Record<string, string> = { EWR: 'Newark', JFK: 'Jamaica', LGA: 'Queens' };
const origins: [string, number][] = [
  ['EWR', 1.1],
  ['JFK', 1],
  ['LGA', 0.9],
];

function wave(seed: number): number {
  const x = Math.sin(seed * 12.9898) * 43758.5453;
  return x - Math.floor(x);
}

const facts: Fact[] = [];
const firstDay = Date.parse('2013-01-01T05:00:00Z');
for (let day = 0, at = firstDay; day < 365; day += 1, at = nextBucket(at, 'day', engineZone)) {
  const weekday = new Date(toWall(at, engineZone)).getUTCDay();
  const month = new Date(toWall(at, engineZone)).getUTCMonth() + 1;
  carriers.forEach(([carrier, size], c) => {
    origins.forEach(([origin, weight], o) => {
      const seed = day * 97 + c * 13 + o * 5;
      const season = 1 + 0.12 * Math.sin((day / 365) * Math.PI * 2 - 1);
      const weekend = weekday === 6 ? 0.76 : weekday === 0 ? 0.93 : 1;
      const count = Math.max(
        0,
        Math.round(
          (size / 3.1) *
            weight *
            season *
            weekend *
            (0.9 + wave(seed) * 0.2) *
            (month === 12 && c === 2 ? 0.6 : 1),
        ),
      );
      const delay =
        6 + 12 * Math.sin((day / 365) * Math.PI * 3) + c * 1.2 + (wave(seed + 3) - 0.5) * 26;
      if (count === 0) return;
      facts.push({
        at: at + 13 * 3_600_000,
        carrier,
        origin,
        month,
        count,
        delay: delay * count,
        distance: count * (700 + c * 60),
        late: count * Math.min(0.8, Math.max(0.05, 0.2 + delay / 120)),
      });
    });
  });
}
export const dataEnd = Date.parse('2014-01-01T04:00:00Z');
/** What begins with it or later is still running: the year after that of the data. */
const runningFrom = Date.parse('2014-01-01T05:00:00Z');
/** The clock of the engine. */
const clock = Date.parse('2026-11-22T19:00:00Z');

/** Rows that "arrive": the live mock adds some to the last day. */
export function arrive(count: number): void {
  const last = facts[facts.length - 1];
  if (last)
    facts.push({
      ...last,
      carrier: 'UA',
      origin: 'JFK',
      count,
      delay: count * 4,
      distance: count * 900,
      late: count * 0.2,
    });
}

function bucket(at: number, grain: Grain): number {
  const wall = new Date(toWall(at, engineZone));
  if (grain === 'hour') wall.setUTCMinutes(0, 0, 0);
  else wall.setUTCHours(0, 0, 0, 0);
  if (grain === 'week') wall.setUTCDate(wall.getUTCDate() - ((wall.getUTCDay() + 6) % 7));
  if (grain === 'month' || grain === 'quarter' || grain === 'year') wall.setUTCDate(1);
  if (grain === 'quarter') wall.setUTCMonth(Math.floor(wall.getUTCMonth() / 3) * 3);
  if (grain === 'year') wall.setUTCMonth(0);
  return fromWall(wall.getTime(), engineZone);
}

export function resolveRange(range: DateRange | null | undefined): [number, number] {
  const all: [number, number] = [
    firstDay,
    fromWall(Date.parse('2014-01-01T00:00:00Z'), engineZone),
  ];
  if (range == null || range === 'all') return all;
  const day = (text: string): number =>
    text.includes('T') ? Date.parse(text) : fromWall(Date.parse(`${text}T00:00:00Z`), engineZone);
  if (Array.isArray(range)) {
    const [first = '', last = first] = range;
    return [
      day(first),
      last.includes('T') ? Date.parse(last) + 1 : nextBucket(day(last), 'day', engineZone),
    ];
  }
  if (/^\d{4}-/.test(range)) return [day(range), nextBucket(day(range), 'day', engineZone)];
  const now = range.endsWith(' of data') ? dataEnd : clock;
  const found = /^last (\d+) (hour|day|week|month|year)/.exec(range);
  const days = found
    ? Number(found[1]) *
      { hour: 1 / 24, day: 1, week: 7, month: 30.4, year: 365 }[found[2] ?? 'day']!
    : 30;
  const end = bucket(now, 'day');
  const to = range.endsWith(' of data') ? nextBucket(end, 'day', engineZone) : end;
  return [
    day(wallDate(to - Math.max(1, Math.round(days)) * 86_400_000 + 7_200_000, engineZone)),
    to,
  ];
}

function matches(fact: Fact, filter: Filter): boolean {
  if ('or' in filter) return filter.or.some((part) => matches(fact, part));
  if ('and' in filter) return filter.and.every((part) => matches(fact, part));
  const value = valueOf(fact, filter.member);
  const values = filter.values ?? [];
  switch (filter.operator) {
    case 'equals':
      return values.includes(value);
    case 'notEquals':
      return !values.includes(value);
    case 'contains':
      return values.some((text) =>
        String(value).toLowerCase().includes(String(text).toLowerCase()),
      );
    case 'gte':
      return scaled(value) >= scaled(values[0] ?? null);
    case 'lt':
      return scaled(value) < scaled(values[0] ?? null);
    default:
      return true;
  }
}

/** Instants and numbers on one scale. */
const scaled = (value: Cell): number =>
  typeof value === 'string' && /^\d{4}-/.test(value) ? Date.parse(value) : Number(value);

function valueOf(fact: Fact, member: string): Cell {
  const [model, name] = member.split('.');
  if (model === 'origin_airport') return cities[fact.origin] ?? null;
  if (name === 'carrier') return fact.carrier;
  if (name === 'origin') return fact.origin;
  if (name === 'month') return fact.month;
  if (name === 'time_hour') return new Date(fact.at).toISOString();
  return null;
}

function measureOf(rows: Fact[], member: string): number | null {
  const sum = (read: (fact: Fact) => number): number =>
    rows.reduce((total, fact) => total + read(fact), 0);
  const count = sum((fact) => fact.count);
  const name = member.split('.')[1];
  if (name === 'count') return count;
  if (count === 0) return null;
  if (name === 'avg_arr_delay') return sum((fact) => fact.delay) / count;
  if (name === 'share_late') return sum((fact) => fact.late) / count;
  return sum((fact) => fact.distance);
}

export const answer = (query: SemanticQuery, version = 3): QueryResult =>
  shaped(query, (question) => plain(question, version));

function plain(query: SemanticQuery, version: number): QueryResult {
  const asked = query.timeDimensions?.[0];
  const range = resolveRange(asked?.dateRange);
  const grain = (query.timeDimensions?.find((entry) => entry.granularity)?.granularity ??
    null) as Grain | null;
  const dimensions = query.dimensions ?? [];
  const measures = query.measures ?? [];
  const groups = new Map<string, { head: Cell[]; rows: Fact[] }>();
  if (!grain && dimensions.length === 0) groups.set('[]', { head: [], rows: [] });
  for (const fact of facts) {
    if (fact.at < range[0] || fact.at >= range[1]) continue;
    if (!(query.filters ?? []).every((filter) => matches(fact, filter))) continue;
    const head: Cell[] = dimensions.map((member) => valueOf(fact, member));
    if (grain) head.unshift(new Date(bucket(fact.at, grain)).toISOString());
    const key = JSON.stringify(head);
    const group = groups.get(key) ?? { head, rows: [] };
    group.rows.push(fact);
    groups.set(key, group);
  }
  let rows = [...groups.values()].map((group) => [
    ...group.head,
    ...measures.map((measure) => measureOf(group.rows, measure)),
  ]);
  const lead = (grain ? 1 : 0) + dimensions.length;
  rows.sort((a, b) =>
    grain ? String(a[0]).localeCompare(String(b[0])) : Number(b[lead] ?? 0) - Number(a[lead] ?? 0),
  );
  const total = rows.length;
  rows = rows.slice(0, query.limit ?? 10_000);
  const label = (member: string): string =>
    [...flightsModel.dimensions, ...flightsModel.measures].find(
      (entry) => entry.name === member.split('.')[1],
    )?.label ?? member;
  const columns: ResultColumn[] = [
    ...(grain && asked
      ? [
          {
            name: asked.dimension,
            label: label(asked.dimension),
            type: 'timestamp' as const,
            role: 'time' as const,
            grain,
            format: null,
          },
        ]
      : []),
    ...dimensions.map((member) => ({
      name: member,
      label: label(member),
      type: member.endsWith('month') ? ('integer' as const) : ('string' as const),
      role: 'dimension' as const,
      format: null,
    })),
    ...measures.map((member) => ({
      name: member,
      label: label(member),
      type: member.endsWith('count') ? ('integer' as const) : ('float' as const),
      role: 'measure' as const,
      format:
        flightsModel.measures.find((entry) => `flights.${entry.name}` === member)?.format ?? null,
    })),
  ];
  return {
    columns,
    data: columns.map((_, index) => rows.map((row) => row[index] ?? null)),
    row_count: rows.length,
    provenance: {
      dataset: 'flights',
      version,
      complete_until: new Date(dataEnd).toISOString(),
      answered_at: new Date(clock).toISOString(),
      ...(grain ? { running_from: new Date(bucket(runningFrom, grain)).toISOString() } : {}),
      time_range: { from: new Date(range[0]).toISOString(), to: new Date(range[1]).toISOString() },
      timezone: engineZone,
      exact: true,
      total_rows: total,
      truncated: total > rows.length,
      segments_total: 14,
      segments_read: 1,
      segments_reused: 11,
      segments_rolled: 0,
      segments_pruned: 2,
      rows_scanned: 336_776,
      bytes_read: 1_234_560,
      rollups: [],
      bounds: [],
      row_filter_applied: false,
      stages: [
        { name: 'plan', duration_us: 900 },
        { name: 'execute', duration_us: 12_400 },
      ],
    },
  };
}
