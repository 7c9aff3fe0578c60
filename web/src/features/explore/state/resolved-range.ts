// The dates that the engine gave a range, from its answer: the page shows what was done, not what it believes.
import type { QueryResult } from '@/api/types';
import { rangeLabel } from '@/lib/range-label';

export function resolvedRange(result: QueryResult | null): string | null {
  if (result === null) return null;
  const { time_range: range, timezone: zone } = result.provenance;
  return range ? rangeLabel(Date.parse(range.from), Date.parse(range.to), zone) : null;
}
