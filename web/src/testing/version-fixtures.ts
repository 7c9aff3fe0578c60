// The history of the made-up flights: loads, a compaction, a deletion, one that is no longer kept.
import type {
  DatasetChanges,
  DatasetSettings,
  DatasetVersion,
  UpkeepReport,
  VersionLoad,
  VersionPage,
} from '@/api/types';
import { flightsLoadId } from './fixtures';

export function versionLoad(change: Partial<VersionLoad> = {}): VersionLoad {
  return {
    load_id: flightsLoadId,
    source: 'flights.csv.gz',
    idempotency_key: null,
    rows: 336_774,
    rejected: 2,
    bytes: 9_412_338,
    duration_ms: 1_840,
    promotions: [{ column: 'dep_delay', from: 'integer', to: 'float', line: 2_201 }],
    ...change,
  };
}

export function version(number: number, change: Partial<DatasetVersion> = {}): DatasetVersion {
  return {
    version: number,
    committed_at: new Date(Date.UTC(2026, 10, 22, 18, number)).toISOString(),
    operation: 'load',
    rows_added: 0,
    rows_removed: 0,
    segments_added: 1,
    segments_removed: 0,
    loads: [],
    readable: true,
    ...change,
  };
}

const pushed = versionLoad({
  load_id: '019a0000-0000-7000-8000-000000000002',
  source: 'rows.json',
  idempotency_key: 'sensor-7',
  rows: 3,
  rejected: 0,
  bytes: 4_211,
  duration_ms: 21,
  promotions: [],
});

export const flightsVersions: DatasetVersion[] = [
  version(4, { operation: 'deletion', rows_removed: 1 }),
  version(3, { operation: 'compaction', segments_added: 1, segments_removed: 3 }),
  version(2, { rows_added: 3, loads: [pushed] }),
  version(1, { operation: 'settings' }),
  version(0, { rows_added: 336_774, loads: [versionLoad()], readable: false }),
];

export const versionPage: VersionPage = {
  latest: 4,
  first_readable: 1,
  readable_since: '2026-11-22T18:01:00.000Z',
  items: flightsVersions,
  next: null,
};

/** What the server would say of two versions. */
export function changesOf(from: number, to: number): DatasetChanges {
  const commits = flightsVersions
    .filter((entry) => entry.version > from && entry.version <= to)
    .reverse();
  return {
    from,
    to,
    rows_added: commits.reduce((sum, commit) => sum + commit.rows_added, 0),
    rows_removed: commits.reduce((sum, commit) => sum + (commit.rows_removed ?? 0), 0),
    commits,
  };
}

export const keepAll: DatasetSettings = {
  keep_days: null,
  versions_kept_days: null,
  keys_kept_days: null,
};

export const upkeepReport: UpkeepReport = {
  enabled: true,
  listed_at: '2026-11-22T18:40:00Z',
  records: [
    {
      dataset: 'flights',
      chore: 'compaction',
      started_at: '2026-11-22T18:41:00Z',
      duration_ms: 312,
      rows: 336_776,
      objects: 3,
      bytes: 9_412_338,
      error: null,
    },
    {
      dataset: 'weather',
      chore: 'vacuum',
      started_at: '2026-11-22T18:39:00Z',
      duration_ms: 8,
      rows: 0,
      objects: 0,
      bytes: 0,
      error: 'delete object: the store does not answer',
    },
  ],
};
