// Which row of the period before belongs to which row of now: the same values of dimensions, and the bucket at the same
// place of its period. Pure.
import type { Cell, Grain, QueryResult } from '@/api/types';
import { fromWall, nextBucket, toWall } from '@/lib/zoned-time';
import { keyOf, partsOf } from './table-model';
import type { ResultPart } from './table-model';

const MOST_BUCKETS = 50_000;

/** The first of its month: stepping by months from a 31st would skip one. */
function steady(instant: number, grain: Grain, zone: string): number {
  if (grain !== 'month' && grain !== 'quarter' && grain !== 'year') return instant;
  const wall = new Date(toWall(instant, zone));
  return fromWall(Date.UTC(wall.getUTCFullYear(), wall.getUTCMonth(), 1), zone);
}

/** The place of each bucket in its period: the one that the range begins in is the first, whether it has rows or not. */
function placesOf(
  part: ResultPart | undefined,
  grain: Grain | null | undefined,
  range: { from: string; to: string } | null,
  zone: string,
): Map<string, number> | null {
  if (!part || !grain) return null;
  const places = new Map<string, number>();
  const starts = part.values
    .map((value) => Date.parse(String(value)))
    .filter((start) => !Number.isNaN(start))
    .sort((a, b) => a - b);
  const [earliest] = starts;
  const latest = starts.at(-1);
  if (earliest === undefined || latest === undefined) return places;
  let place = 0;
  let at = range === null ? earliest : steady(Date.parse(range.from), grain, zone);
  for (; at < earliest && place < MOST_BUCKETS; place += 1) at = nextBucket(at, grain, zone);
  at = earliest;
  for (; at <= latest && place < MOST_BUCKETS; place += 1) {
    places.set(new Date(at).toISOString(), place);
    at = nextBucket(at, grain, zone);
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
