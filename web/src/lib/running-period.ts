// Periods that are still running: their numbers may still change. One rule for pictures, tables and numbers. The answer says
// by which clock it was made and from which bucket on they run. Pure.
import type { Cell, Provenance, QueryResult, ResultColumn } from '@/api/types';

/** Beside whatever may still change. */
export const SO_FAR = 'so far';

/** Data seldom end at the last instant of a range that is over. */
const STILL_TO_COME = 0.05;

/** Tells of buckets of an answer, by where they begin, whether they are still running. */
export function runningTest({
  running_from: from,
}: Pick<Provenance, 'running_from'>): (start: number) => boolean {
  if (from === undefined || from === null) return () => false;
  const first = Date.parse(from);
  return (start) => start >= first;
}

/** Of the values of a column of an answer the buckets that are still running; nothing where there are none. */
export function runningBuckets(
  { columns, data, provenance }: Pick<QueryResult, 'columns' | 'data' | 'provenance'>,
  column: ResultColumn,
): ReadonlySet<Cell> | undefined {
  // Which are running is told of the first time.
  const at = columns.findIndex(({ role }) => role === 'time');
  if (column !== columns[at]) return undefined;
  const runs = runningTest(provenance);
  const running = [...new Set(data[at])].filter((value) => {
    const start = Date.parse(String(value));
    return !Number.isNaN(start) && runs(start);
  });
  return running.length > 0 ? new Set(running) : undefined;
}

/** Whether the range of an answer goes on, or reaches beyond what its data know. */
export function isRangeRunning({
  answered_at: now,
  complete_until: until,
  time_range: range,
}: Pick<Provenance, 'answered_at' | 'complete_until' | 'time_range'>): boolean {
  if (!range) return false;
  const [from, to] = [Date.parse(range.from), Date.parse(range.to)];
  if (now !== undefined && now !== null && to > Date.parse(now)) return true;
  return until !== null && (to - Date.parse(until)) / (to - from) > STILL_TO_COME;
}
