// Which row of the period before belongs to which row of now: the same values of dimensions, and the bucket at the same
// place of its period. Pure.
import type { Cell, Grain, QueryResult } from '@/api/types';
import { nextBucket } from '@/lib/zoned-time';
import { keyOf, partsOf } from './table-model';
import type { ResultPart } from './table-model';

const MOST_BUCKETS = 50_000;

/** How many buckets lie between the beginning of the range and each of its buckets. */
function placesOf(
  part: ResultPart | undefined,
  grain: Grain | null | undefined,
  range: { from: string; to: string } | null,
  zone: string,
): Map<string, number> | null {
  if (!part || !grain) return null;
  const starts = part.values
    .map((value) => Date.parse(String(value)))
    .filter((start) => !Number.isNaN(start));
  if (starts.length === 0) return new Map();
  const places = new Map<string, number>();
  // The first bucket may begin before the range does: a week of which the range has the end.
  const from = range === null ? Math.min(...starts) : Date.parse(range.from);
  const earliest = starts.reduce((least, start) => Math.min(least, start));
  let at = earliest;
  let place = 0;
  // Buckets without rows before the first one count as well.
  for (let back = from; nextBucket(back, grain, zone) <= earliest && place < MOST_BUCKETS;) {
    back = nextBucket(back, grain, zone);
    place += 1;
  }
  const latest = starts.reduce((most, start) => Math.max(most, start));
  for (let step = 0; at <= latest && step < MOST_BUCKETS; step += 1) {
    places.set(new Date(at).toISOString(), place);
    at = nextBucket(at, grain, zone);
    place += 1;
  }
  return places;
}

const instantOf = (value: Cell): string => {
  const at = Date.parse(String(value));
  return Number.isNaN(at) ? String(value) : new Date(at).toISOString();
};

function keysOf(result: QueryResult, zone: string): string[] {
  const { heads } = partsOf(result);
  const time = heads.find(({ column }) => column.role === 'time' && column.grain);
  const places = placesOf(time, time?.column.grain, result.provenance.time_range, zone);
  return Array.from({ length: result.row_count }, (_, row) =>
    heads
      .map((head) => {
        const value = head.values[row] ?? null;
        if (head !== time || places === null || value === null) return keyOf(value);
        return `bucket ${places.get(instantOf(value)) ?? instantOf(value)}`;
      })
      .join('\u0001'),
  );
}

/** For each row of now the row of before, or -1. */
export function matchBefore(now: QueryResult, before: QueryResult, zone: string): Int32Array {
  const rows = new Map(keysOf(before, zone).map((key, row) => [key, row]));
  return Int32Array.from(keysOf(now, zone), (key) => rows.get(key) ?? -1);
}
