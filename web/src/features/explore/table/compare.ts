// Which row of the period before belongs to which row of now: the same values of dimensions, and the bucket at the same
// place of its period. Pure.
import type { QueryResult } from '@/api/types';
import { bucketPlaces } from '@/lib/bucket-places';
import { keyOf, partsOf } from './table-model';

function keysOf(result: QueryResult, zone: string): string[] {
  const { heads } = partsOf(result);
  const time = heads.find(({ column }) => column.role === 'time' && column.grain);
  const starts = time?.values.map((value) => Date.parse(String(value))) ?? [];
  const places = time ? bucketPlaces(starts, time.column, result.provenance, zone) : null;
  return Array.from({ length: result.row_count }, (_, row) =>
    heads
      .map((head) => {
        const value = head.values[row] ?? null;
        const place = head === time ? places?.get(starts[row] ?? NaN) : undefined;
        return place === undefined ? keyOf(value) : `bucket ${place}`;
      })
      .join('\u0001'),
  );
}

/** For each row of now the row of before, or -1. */
export function matchBefore(now: QueryResult, before: QueryResult, zone: string): Int32Array {
  const rows = new Map<string, number>();
  keysOf(before, zone).forEach((key, row) => {
    // Of an hour that was there twice the first.
    if (!rows.has(key)) rows.set(key, row);
  });
  return Int32Array.from(keysOf(now, zone), (key) => rows.get(key) ?? -1);
}
