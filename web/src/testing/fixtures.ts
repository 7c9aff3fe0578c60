// Small, believable answers of the server: who is signed in, datasets, an upload with its load.
import type {
  DatasetDetail,
  DatasetSummary,
  Load,
  Problem,
  QueryResult,
  RejectedRows,
  ServerProblemCode,
  Session,
  Upload,
} from '@/api/types';

export const session: Session = {
  access_token: 'token-1',
  expires_in_seconds: 600,
  user: {
    id: 'u1',
    email: 'ada@harbour.example',
    name: 'Ada Lind',
    role: 'owner',
    attributes: {},
    budget: {},
  },
  tenant: {
    id: 't1',
    slug: 'harbour',
    name: 'Harbour Analytics',
    calendar: { weekStart: 'monday', yearStart: 1 },
    budget: {},
  },
};

export function problem(
  status: number,
  code: ServerProblemCode,
  title: string,
  detail?: string,
): Problem & { code: ServerProblemCode } {
  return { type: 'about:blank', title, status, code, detail, request_id: 'req-7f3a' };
}

/** The load of the flights, with two rejected rows. */
export const flightsLoadId = '019a0000-0000-7000-8000-000000000001';

export const flights: DatasetSummary = {
  name: 'flights',
  label: 'Flights',
  rows: 336_776,
  size_bytes: 9_412_338,
  segments: 14,
  version: 3,
  time_column: 'time_hour',
  time_min: '2013-01-01T10:00:00Z',
  time_max: '2014-01-01T04:00:00Z',
  created_at: '2026-11-20T08:00:00Z',
  updated_at: '2026-11-22T18:42:00Z',
};

const airports: DatasetSummary = {
  ...flights,
  name: 'airports',
  label: 'Airports',
  rows: 1_458,
  size_bytes: 88_420,
  segments: 1,
  version: 1,
  time_column: null,
  time_min: null,
  time_max: null,
};

export const weather: DatasetSummary = {
  ...flights,
  name: 'weather',
  label: 'Hourly weather at the three airports of New York',
  rows: 26_115,
  size_bytes: 1_204_221,
  segments: 3,
};

export const datasets: DatasetSummary[] = [flights, weather, airports];

export const flightsDetail: DatasetDetail = {
  ...flights,
  columns: [
    {
      name: 'time_hour',
      type: 'timestamp',
      nullable: false,
      nulls: 0,
      min: flights.time_min,
      max: flights.time_max,
    },
    { name: 'carrier', type: 'string', nullable: false, nulls: 0, min: '9E', max: 'YV' },
    { name: 'flight', type: 'integer', nullable: false, nulls: 0, min: 1, max: 8500 },
    { name: 'origin', type: 'string', nullable: false, nulls: 0, min: 'EWR', max: 'LGA' },
    { name: 'dest', type: 'string', nullable: false, nulls: 0, min: 'ABQ', max: 'XNA' },
    { name: 'dep_delay', type: 'float', nullable: true, nulls: 8_255, min: -43, max: 1301 },
    { name: 'arr_delay', type: 'float', nullable: true, nulls: 9_430, min: -86, max: 1272 },
    { name: 'distance', type: 'integer', nullable: false, nulls: 0, min: 17, max: 4983 },
  ],
  loads: [
    {
      load_id: flightsLoadId,
      version: 3,
      source: 'flights.csv.gz',
      rows: 336_776,
      rejected: 2,
      nulled: 0,
      profiled: true,
      drift: [],
      replays: null,
      committed_at: '2026-11-22T18:42:00Z',
    },
  ],
};

const carriers = ['UA', 'B6', 'EV', 'DL', 'AA', 'MQ', 'US'];
const origins = ['EWR', 'JFK', 'LGA'];
const dests = ['IAH', 'MIA', 'BQN', 'ATL', 'ORD', 'FLL', 'LAX', 'SFO'];

export function previewResult(rows: number): QueryResult {
  const count = Array.from({ length: rows }, (_, row) => row);
  return {
    columns: flightsDetail.columns.map((column) => ({
      name: column.name,
      label: column.name,
      type: column.type,
      role: 'column',
      format: null,
    })),
    data: [
      count.map((row) => new Date(Date.UTC(2013, 11, 31, 23 - (row % 24))).toISOString()),
      count.map((row) => carriers[row % carriers.length] ?? null),
      count.map((row) => 100 + ((row * 37) % 4000)),
      count.map((row) => origins[row % origins.length] ?? null),
      count.map((row) => dests[(row * 5) % dests.length] ?? null),
      count.map((row) => (row % 9 === 4 ? null : ((row * 17) % 90) - 12)),
      count.map((row) => (row % 9 === 4 ? null : ((row * 23) % 110) - 20)),
      count.map((row) => 200 + ((row * 131) % 2400)),
    ],
    row_count: rows,
    provenance: {
      dataset: 'flights',
      version: 3,
      complete_until: null,
      time_range: null,
      timezone: 'UTC',
      exact: true,
      total_rows: flights.rows,
      truncated: true,
      segments_total: 14,
      segments_read: 1,
      segments_reused: 0,
      segments_rolled: 0,
      segments_pruned: 13,
      rows_scanned: rows,
      bytes_read: 8_192,
      rollups: [],
      bounds: [],
      row_filter_applied: false,
      stages: [],
    },
  };
}

export const rejects: RejectedRows = {
  headers: {},
  total: 2,
  items: [
    {
      load_id: flightsLoadId,
      number: 0,
      line: 812,
      column: 'dep_delay',
      value: 'late',
      reason: 'not a decimal number',
      raw: '2013,1,1,late,UA',
      replayed_by: null,
      obstacle: null,
    },
    {
      load_id: flightsLoadId,
      number: 1,
      line: 4031,
      column: 'time_hour',
      value: '2013-02-30 05:00',
      reason: 'no such day',
      raw: '2013,2,30,4,B6',
      replayed_by: null,
      obstacle: null,
    },
  ],
};

export const upload: Upload = {
  upload_id: 'up1',
  file_name: 'flights-2013.csv',
  size_bytes: 31_480_221,
  inference: {
    format: 'csv',
    compression: 'none',
    delimiter: ',',
    header: true,
    encoding: 'utf-8',
    suggested_name: 'flights_2013',
    sample_rows: 1000,
    columns: [
      { name: 'year', type: 'integer', nullable: false, null_tokens: [], examples: ['2013'] },
      {
        name: 'carrier',
        type: 'string',
        nullable: false,
        null_tokens: [],
        examples: ['UA', 'AA', 'B6', 'DL'],
      },
      {
        name: 'flight',
        type: 'integer',
        nullable: false,
        null_tokens: [],
        examples: ['1545', '1714', '1141'],
      },
      {
        name: 'dep_delay',
        type: 'integer',
        nullable: true,
        null_tokens: ['NA'],
        examples: ['2', '4', '-1', '-6'],
      },
      {
        name: 'origin',
        type: 'string',
        nullable: false,
        null_tokens: [],
        examples: ['EWR', 'LGA', 'JFK'],
      },
      {
        name: 'time_hour',
        type: 'timestamp',
        nullable: false,
        null_tokens: [],
        examples: ['2013-01-01T10:00:00Z'],
      },
    ],
    preview: {
      columns: ['year', 'carrier', 'flight', 'dep_delay', 'origin', 'time_hour'],
      rows: Array.from({ length: 20 }, (_, row) => [
        '2013',
        carriers[row % 7] ?? '',
        String(1000 + row * 37),
        row % 6 === 5 ? 'NA' : String(row - 4),
        origins[row % 3] ?? '',
        '2013-01-01T10:00:00Z',
      ]),
    },
    warnings: ['dep_delay holds “NA” in 4 of the first 1,000 rows; it is read as missing.'],
  },
};

export function load(change: Partial<Load> = {}): Load {
  return {
    id: 'ld1',
    dataset: 'flights_2013',
    state: 'running',
    bytes_read: 0,
    bytes_total: 31_480_221,
    rows: 0,
    rejected: 0,
    report: null,
    problem: null,
    ...change,
  };
}

export const doneLoad: Load = load({
  state: 'done',
  bytes_read: 31_480_221,
  rows: 336_774,
  rejected: 2,
  report: {
    load_id: flightsLoadId,
    dataset: 'flights_2013',
    source: 'flights_2013.csv',
    version: 1,
    rows: 336_774,
    rejected: 2,
    left_out: 0,
    new_columns: [],
    widened: [],
    replaced: 0,
    bytes: 9_120_000,
    segments: 12,
    duration_ms: 1840,
    promotions: [{ column: 'dep_delay', from: 'integer', to: 'float', line: 2201 }],
    nulled: 0,
    rounded: 0,
    profiled: true,
    drift: [],
    replayed: false,
  },
});
