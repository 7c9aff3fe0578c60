// The question about the period before, and what of an answer it can be compared with. Pure.
import type { DateRange, Provenance, ResultColumn, SemanticQuery } from '@/api/types';
import { formatCalendar, within } from './format/calendar';
import { filterMembers } from './members';
import { previousRange } from './previous-range';
import { isRangeRunning } from './running-period';
import { without } from './without';
import { nextBucket, unitsOf } from './zoned-time';

/** Which time an answer is about, how much of it is known, and when it was made. */
export type Reach = Pick<Provenance, 'answered_at' | 'complete_until' | 'time_range'>;

/** A range that counts business days has no period before it: as many days earlier others are off. */
export const countsBusinessDays = (range: DateRange | null | undefined): boolean =>
  [range ?? ''].flat().some((part) => /business day|\dbd\b/i.test(part));

/** The version that an answer is of; null where that is not one number. */
export const versionOf = ({ dataset, version }: Provenance): number | null =>
  dataset === null ? null : version;

/**
 * Without what chooses groups by their numbers: the greatest, or those beyond a number, were others then, and those that are shown
 * would be told to have had nothing. Buckets of time are chosen by their range.
 */
function ofAllGroups(query: SemanticQuery): SemanticQuery {
  if (!query.dimensions?.length || query.timeDimensions?.some(({ granularity }) => granularity))
    return query;
  const all: SemanticQuery = without(query, 'order', 'limit', 'offset', 'top', 'filters');
  const measures = query.measures ?? [];
  const filters = query.filters?.filter(
    (filter) => !filterMembers(filter).some((member) => measures.includes(member)),
  );
  return filters?.length ? { ...all, filters } : all;
}

/**
 * The same question about the previous period; null when there is no range to shift, or nothing known of it yet. It is asked in
 * the state of the answer that it is compared with, where that is known and the question names no other: a load in between would
 * be a difference. Where the range is still running, as much of the period before is asked; over time all of it, because there
 * each bucket is compared by itself.
 */
export function comparisonQuery(
  query: SemanticQuery,
  timeMember: string | null,
  reach: Reach | null,
  zone: string,
  version: number | null = null,
): SemanticQuery | null {
  const range = reach?.time_range ?? null;
  if (timeMember === null || reach === null || range === null) return null;
  const asked = query.timeDimensions ?? [];
  const ranged = asked.find((entry) => entry.dimension === timeMember && entry.dateRange != null);
  if (!ranged || countsBusinessDays(ranged.dateRange)) return null;
  const isWhole = asked.some(({ granularity }) => granularity) || !isRangeRunning(reach);
  const dayStart = within(query.calendar, formatCalendar()).dayStart ?? 0;
  const until = isWhole ? null : (reach.complete_until ?? reach.answered_at ?? null);
  const said = { ...range, said: ranged.dateRange, dayStart, until };
  // A card may have a zone of its own, in which its days begin.
  const shifted = previousRange(said, query.timezone ?? zone);
  if (shifted === null) return null;
  return {
    ...ofAllGroups(query),
    ...(version === null || query.asOf != null ? {} : { asOf: version }),
    timeDimensions: asked.map((entry) =>
      entry.dimension === timeMember ? { ...entry, dateRange: shifted } : entry,
    ),
  };
}

/**
 * Tells of buckets, by where they begin, whether data are still to come for what is asked of them: these are compared with no
 * whole bucket. One that the range cuts is, because the period before cuts its own as far.
 */
export function unfinishedTest(
  { time_range: range, ...known }: Reach,
  { grain, interval }: Pick<ResultColumn, 'grain' | 'interval'>,
  zone: string,
): (start: number) => boolean {
  if (!grain) return () => false;
  return (start) => {
    const end = nextBucket(start, grain, zone, unitsOf(interval));
    const from = range ? Math.max(start, Date.parse(range.from)) : start;
    const to = range ? Math.min(end, Date.parse(range.to)) : end;
    const asked = { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
    return to > from && isRangeRunning({ ...known, time_range: asked });
  };
}
