// What the made-up flights ask of their rows, and what a load of them looks like.
import type { ContractRule, Drift, LoadProfile } from '@/api/types';
import { flightsDetail, flightsLoadId } from './fixtures';

export const rules: ContractRule[] = [
  { check: 'required', column: 'carrier', on_violation: 'reject' },
  { check: 'range', column: 'dep_delay', min: -100, max: 2_000, on_violation: 'null' },
  { check: 'unique', columns: ['flight', 'time_hour'], on_violation: 'fail' },
];

export function drift(change: Partial<Drift> = {}): Drift {
  return {
    column: 'dep_delay',
    kind: 'nulls',
    severity: 'warning',
    before: 0.02,
    now: 0.31,
    message: '"dep_delay": 31.0 % of the values are missing, before it were 2.0 %',
    ...change,
  };
}

export const loadProfile: LoadProfile = {
  format: 1,
  load_id: flightsLoadId,
  dataset: 'flights',
  rows: 336_774,
  sampled_rows: 42_097,
  compared_with: '019a0000-0000-7000-8000-000000000000',
  drift: [drift()],
  rows_before: [336_000],
  columns: flightsDetail.columns.map((column) => ({
    name: column.name,
    type: column.type,
    nulls: column.nulls ?? 0,
    min: column.min,
    max: column.max,
    sampled_values: 42_097,
    distinct: 16,
    mean: column.name === 'dep_delay' ? 12.64 : null,
    lengths: column.type === 'string' ? { min: 2, max: 3, mean: 2.5 } : null,
    top: column.type === 'string' ? [{ value: 'UA', count: 7_000 }] : [],
    histogram:
      column.name === 'dep_delay'
        ? [
            { from: -43, to: 0, count: 23_000 },
            { from: 0, to: 100, count: 17_000 },
            { from: 100, to: 1_301, count: 90 },
          ]
        : [],
  })),
};
