// The same member in other words: where a filter is on what stands behind a member, it is changed under its own name. Pure.
import type { Filter, Model } from '@/api/types';
import { isMemberFilter } from '@/lib/members';
import { behind } from '@/lib/views';

/** What the filters of a dashboard call a member that is chosen by its values; its own name where there is no such filter. */
export function namedIn(
  filters: readonly Filter[],
  member: string,
  models: readonly Model[],
): string {
  const meant = behind(member, models);
  const same = filters
    .filter(isMemberFilter)
    .filter((filter) => filter.operator === 'equals' && behind(filter.member, models) === meant);
  return (same.find((filter) => filter.member === member) ?? same[0])?.member ?? member;
}
