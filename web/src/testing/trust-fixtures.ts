// What the numbers of the made-up flights are made of, and how it ends when they are computed again.
import type { Lineage, StatementLineage, Verification } from '@/api/types';
import { answer, engineZone } from './fake-engine';
import { flightsLoadId } from './fixtures';

const { provenance } = answer({ measures: ['flights.count'] });

export const lineage: Lineage = {
  measures: [
    {
      member: 'flights.on_time',
      asked: true,
      definition: {
        name: 'on_time',
        label: 'On time',
        kind: 'ratio',
        measure: 'early',
        denominator: 'count',
      },
      conditions: [],
      made_of: ['flights.early', 'flights.count'],
    },
    {
      member: 'flights.early',
      asked: false,
      definition: { name: 'early', label: 'Early flights', kind: 'count' },
      conditions: [{ member: 'flights.month', operator: 'lte', values: [6] }],
      made_of: [],
    },
    {
      member: 'flights.count',
      asked: false,
      definition: { name: 'count', label: 'Flights', kind: 'count' },
      conditions: [],
      made_of: [],
    },
  ],
  dimensions: [
    {
      member: 'flights.carrier',
      model: 'flights',
      definition: { name: 'carrier', label: 'Carrier', type: 'string', column: 'carrier' },
    },
  ],
  ways: [],
  time_ranges: [
    {
      member: 'flights.time_hour',
      from: '2013-12-01T05:00:00Z',
      to: '2014-01-01T05:00:00Z',
      relative: 'last month of data',
    },
  ],
  filters: [
    { filter: { member: 'flights.origin', operator: 'equals', values: ['EWR', 'JFK', 'LGA'] } },
  ],
  timezone: engineZone,
  datasets: [
    {
      dataset: 'flights',
      label: 'Flights',
      model_version: 7,
      version: 3,
      complete_until: '2014-01-01T04:00:00Z',
      restricted: false,
      policies: [],
      segments_total: 14,
      segments_matching: 2,
      rows: 28_279,
      commits: [
        {
          origin: 'rewritten',
          version: 2,
          committed_at: '2026-11-22T18:00:00Z',
          operation: 'compaction',
          loads: [],
          rows: 28_191,
          segments: [
            {
              path: '2013-12/a.parquet',
              rows: 28_191,
              bytes: 442_584,
              time_range: { from: '2013-12-01T00:00:00Z', to: '2013-12-31T23:00:00.000001Z' },
            },
          ],
        },
        {
          origin: 'loaded',
          version: 3,
          committed_at: '2026-11-22T18:42:00Z',
          operation: 'load',
          loads: [
            {
              load_id: flightsLoadId,
              source: 'flights.csv.gz',
              idempotency_key: null,
              rows: 88,
              rejected: 0,
              bytes: 9_275,
              duration_ms: 12,
              promotions: [],
            },
          ],
          rows: 88,
          segments: [
            {
              path: '2014-01/b.parquet',
              rows: 88,
              bytes: 9_275,
              time_range: { from: '2014-01-01T00:00:00Z', to: '2014-01-01T04:00:00.000001Z' },
            },
          ],
        },
      ],
    },
  ],
  truncated: false,
};

export const verified: Verification = {
  equal: true,
  rows: 12,
  values: 12,
  difference_count: 0,
  differences: [],
  versions: [{ dataset: 'flights', version: 3, complete_until: '2014-01-01T04:00:00Z' }],
  answered_ms: 2,
  recomputed_ms: 24,
  answered: provenance,
  recomputed: { ...provenance, rows_scanned: 336_776 },
};

export const statementLineage: StatementLineage = {
  measures: lineage.measures,
  dimensions: lineage.dimensions,
  questions: [],
  timezone: lineage.timezone,
  reads: [{ dataset: 'flights', conditions: ['distance > 1000'] }],
  datasets: lineage.datasets,
  truncated: false,
};
