// What a cell's menu does to the state: only its group, without it, what lies within it, or its group broken down by something
// else. Pure.
import type { Cell, Filter, MemberFilter } from '@/api/types';
import { toggleValue } from '@/lib/filter-words';
import { fromMember, isMemberFilter } from '@/lib/members';
import type { ExploreState } from '../state/explore-state';
import type { CellGroup, Member } from '../table/table-model';
import { bucketSpan } from './bucket-span';
import type { Bucket, Span } from './bucket-span';

const finer = {
  second: 'second',
  minute: 'second',
  hour: 'minute',
  day: 'hour',
  week: 'day',
  month: 'day',
  quarter: 'month',
  year: 'month',
} as const;

const nameOf = (state: ExploreState, member: string): string =>
  fromMember(member, state.model ?? '');

const isOne = (filter: Filter, name: string): filter is MemberFilter =>
  isMemberFilter(filter) &&
  filter.member === name &&
  filter.operator === 'equals' &&
  filter.values?.length === 1;

const has = (filters: readonly Filter[], name: string, value: Cell): boolean =>
  filters.some((filter) => isOne(filter, name) && filter.values?.[0] === value);

/** Exactly this value; another condition of the same kind gives way. */
const only = (filters: readonly Filter[], name: string, value: Cell): Filter[] =>
  has(filters, name, value) ? [...filters] : toggleValue(filters, name, value);

/** The same beside a condition of several values, which holds again once the way leads back up. */
const within = (filters: readonly Filter[], name: string, value: Cell): Filter[] =>
  has(filters, name, value)
    ? [...filters]
    : [
        ...filters.filter((filter) => !isOne(filter, name)),
        { member: name, operator: 'equals', values: [value] },
      ];

export const keepOnly = (state: ExploreState, member: Member): ExploreState => ({
  ...state,
  filters: only(state.filters, nameOf(state, member.member), member.value),
});

export function leaveOut(state: ExploreState, { member, value }: Member): ExploreState {
  const name = nameOf(state, member);
  const at = state.filters.findIndex(
    (filter) => isMemberFilter(filter) && filter.member === name && filter.operator === 'notEquals',
  );
  const old = state.filters[at] as MemberFilter | undefined;
  const added: MemberFilter = {
    member: name,
    operator: 'notEquals',
    values: [...(old?.values ?? []).filter((entry) => entry !== value), value],
  };
  return {
    ...state,
    filters: old
      ? state.filters.map((filter, index) => (index === at ? added : filter))
      : [...state.filters, added],
  };
}

/** What of a bucket was asked: from its first instant to the last before the next. `asked` is the range of the answer. */
export function bucketRange(bucket: Bucket, asked: Span | null, zone: string): [string, string] {
  const { from, to } = bucketSpan(bucket, asked, zone);
  return [from, new Date(Date.parse(to) - 1).toISOString()];
}

/** Looks into a bucket, one grain finer. */
export const zoomInto = (
  state: ExploreState,
  bucket: Bucket,
  asked: Span | null,
): ExploreState => ({
  ...state,
  range: bucketRange(bucket, asked, state.zone),
  // Of several of a unit first the single ones.
  grain: (bucket.units ?? 1) > 1 ? bucket.grain : finer[bucket.grain],
});

/** One value of a level, by the next level instead of its own; a level that stands there already stays in its place. */
export function drillInto(
  state: ExploreState,
  { member, value }: Pick<Member, 'member' | 'value'>,
  next: string,
): ExploreState {
  const name = nameOf(state, member);
  const renamed = (entry: string): string => (entry === name ? next : entry);
  const { top, pivot } = state;
  return {
    ...state,
    filters: within(state.filters, name, value),
    dimensions: [...new Set(state.dimensions.map(renamed))],
    order: state.order.filter(([entry]) => entry !== name),
    pivot: pivot === null ? null : renamed(pivot),
    top: top === null || top === 'all' ? top : { ...top, dimension: renamed(top.dimension) },
  };
}

/** The rows of the group, by another dimension instead of its own. */
export function breakDown(
  state: ExploreState,
  group: CellGroup,
  by: string,
  asked: Span | null,
): ExploreState {
  const fixed = new Set(group.members.map(({ member }) => nameOf(state, member)));
  return {
    ...state,
    filters: group.members.reduce<Filter[]>(
      (filters, { member, value }) => only(filters, nameOf(state, member), value),
      state.filters,
    ),
    dimensions: [...state.dimensions.filter((name) => !fixed.has(name) && name !== by), by],
    ...(group.bucket === null
      ? {}
      : { range: bucketRange(group.bucket, asked, state.zone), grain: null }),
    order: [],
    limit: null,
    pivot: null,
    chart: null,
  };
}
