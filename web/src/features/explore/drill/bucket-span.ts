// The time of a cell: its bucket, cut at the ends of the range that was asked. Pure.
import { nextBucket } from '@/lib/zoned-time';
import type { CellGroup } from '../table/table-model';

export type Bucket = NonNullable<CellGroup['bucket']>;

/** `to` is the first instant after it. */
export interface Span {
  from: string;
  to: string;
}

export function bucketSpan(bucket: Bucket, range: Span | null, zone: string): Span {
  const start = Date.parse(bucket.start);
  const end = nextBucket(start, bucket.grain, zone, bucket.units);
  const from = range === null ? start : Math.max(start, Date.parse(range.from));
  const to = range === null ? end : Math.min(end, Date.parse(range.to));
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
}
