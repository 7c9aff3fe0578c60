// The period before a range, and the same question about it. Pure.
import type { DateRange, Provenance, SemanticQuery } from '@/api/types';
import { isMidnight, wallDate } from './zoned-time';

const DAY = 86_400_000;

/** The range of the same length that ends where this one begins (`to` is exclusive). */
export function previousRange(from: string, to: string, zone: string): [string, string] {
  const start = Date.parse(from);
  const end = Date.parse(to);
  if (isMidnight(start, zone) && isMidnight(end, zone)) {
    const first = Date.parse(`${wallDate(start, zone)}T00:00:00Z`);
    const last = Date.parse(`${wallDate(end, zone)}T00:00:00Z`);
    const days = Math.max(1, Math.round((last - first) / DAY));
    const day = (offset: number): string =>
      new Date(first + offset * DAY).toISOString().slice(0, 10);
    return [day(-days), day(-1)];
  }
  const length = end - start;
  return [new Date(start - length).toISOString(), new Date(start - 1).toISOString()];
}

/** A range that counts business days has no period before it: as many days earlier others are off. */
export const countsBusinessDays = (range: DateRange | null | undefined): boolean =>
  [range ?? ''].flat().some((part) => /business day|\dbd\b/i.test(part));

/** The version that an answer is of; null where that is not one number. */
export const versionOf = ({ dataset, version }: Provenance): number | null =>
  dataset === null ? null : version;

/**
 * The same question about the previous period; null when there is no range to shift. It is asked in the state of the answer that
 * it is compared with, where that is known and the question names no other: a load in between would be a difference.
 */
export function comparisonQuery(
  query: SemanticQuery,
  timeMember: string | null,
  range: { from: string; to: string } | null,
  zone: string,
  version: number | null = null,
): SemanticQuery | null {
  if (timeMember === null || range === null) return null;
  const asked = query.timeDimensions ?? [];
  const ranged = asked.find((entry) => entry.dimension === timeMember && entry.dateRange != null);
  if (!ranged || countsBusinessDays(ranged.dateRange)) return null;
  const shifted = previousRange(range.from, range.to, zone);
  return {
    ...query,
    ...(version === null || query.asOf != null ? {} : { asOf: version }),
    timeDimensions: asked.map((entry) =>
      entry.dimension === timeMember ? { ...entry, dateRange: shifted } : entry,
    ),
  };
}
