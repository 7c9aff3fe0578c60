// Periods that are still running: their numbers may still change. One rule for pictures, tables and numbers. Pure.
import type { Cell, Grain, Provenance, QueryResult, ResultColumn } from '@/api/types';
import { nextBucket, unitsOf } from './zoned-time';

/** Beside whatever may still change. */
export const SO_FAR = 'so far';

/** Data seldom end at the last instant of a period. */
const STILL_TO_COME = 0.05;

/** Whether more than a twentieth of a period is still to come. */
const isRunning = (start: number, end: number, known: number): boolean =>
  (end - known) / (end - start) > STILL_TO_COME;

type Reach = Pick<Provenance, 'complete_until' | 'time_range'>;

/** Tells of buckets of a width, by where they begin, whether they are still running: the data end before them, or the range does. */
export function runningTest(
  { complete_until: until, time_range: range }: Reach,
  grain: Grain | null | undefined,
  zone: string,
  units = 1,
): (start: number) => boolean {
  const ends = [until, range?.to ?? null].filter((end) => end !== null).map(Date.parse);
  if (!grain || ends.length === 0) return () => false;
  const known = Math.min(...ends);
  return (start) => isRunning(start, nextBucket(start, grain, zone, units), known);
}

/** Of the values of a column of an answer the buckets that are still running; nothing where there are none. */
export function runningBuckets(
  { columns, data, provenance }: Pick<QueryResult, 'columns' | 'data' | 'provenance'>,
  column: ResultColumn,
): ReadonlySet<Cell> | undefined {
  // How far data and range go is told of the first time.
  const at = columns.findIndex(({ role }) => role === 'time');
  if (column !== columns[at]) return undefined;
  const { grain, interval } = column;
  const runs = runningTest(provenance, grain, provenance.timezone, unitsOf(interval));
  const running = [...new Set(data[at])].filter((value) => {
    const start = Date.parse(String(value));
    return !Number.isNaN(start) && runs(start);
  });
  return running.length > 0 ? new Set(running) : undefined;
}

/** Whether the range of an answer reaches beyond what its data know. */
export function isRangeRunning({ complete_until: until, time_range: range }: Reach): boolean {
  if (until === null || !range) return false;
  return isRunning(Date.parse(range.from), Date.parse(range.to), Date.parse(until));
}
