// What a card really asks: its own query, plus the dashboard's time and filters. Pure.
import type {
  Calendar,
  DashboardDefinition,
  DateRange,
  Filter,
  Grain,
  Model,
  SemanticQuery,
  TimeDimension,
  Widget,
} from '@/api/types';
import { filterText } from '@/lib/filter-words';
import { isOnMeasure } from '@/lib/measure-filters';
import { filterMembers, isMemberFilter, membersOf, modelOf } from '@/lib/members';
import { canFill } from '@/lib/missing-buckets';
import { isSaid, means, says, timeIn } from '@/lib/said-by';
import { formatZone, within } from '@/lib/format/calendar';
import { behind, calledIn, isView } from '@/lib/views';
import { without } from '@/lib/without';
import type { ViewState } from './url-state';

export interface DashboardView {
  range: DateRange;
  grain: Grain | null;
  filters: Filter[];
  zone: string;
  calendar: Calendar | null;
  /** null: now, and live. */
  asOf: string | null;
}

// One object, so that a dashboard without filters is not a new view at every render.
const noFilters: Filter[] = [];

/** What the address says, else what the author saved. */
export const viewOf = (
  {
    time,
    filters,
    timezone,
    calendar,
  }: Pick<DashboardDefinition, 'time' | 'filters' | 'timezone' | 'calendar'>,
  state: ViewState,
): DashboardView => ({
  range: state.range ?? time.range,
  grain: state.grain === undefined ? (time.grain ?? null) : state.grain,
  filters: state.filters ?? filters ?? noFilters,
  zone: timezone ?? calendar?.timezone ?? formatZone(),
  calendar: calendar ?? null,
  asOf: state.asOf,
});

/** The model whose rows are asked: that of the first measure, else one that says all the members, as the engine has it. */
export function rootOf(query: SemanticQuery, models: readonly Model[]): string {
  const [measure] = query.measures ?? [];
  if (measure !== undefined) return modelOf(measure);
  const members = [...membersOf(query), ...(query.filters ?? []).flatMap(filterMembers)];
  const known = models.map(({ name }) => name);
  const named = members.map(modelOf).filter((name) => known.includes(name));
  return (
    [...named, ...known].find((name) => members.every((member) => says(name, member, models))) ??
    modelOf(members[0] ?? '')
  );
}

/** What the model or view of a question calls a member that may be named in the words of another; null: its rows do not have it. */
function calledBy(query: SemanticQuery, member: string, models: readonly Model[]): string | null {
  if (!isSaid(member, query.measures ?? [], models)) return null;
  const root = rootOf(query, models);
  if (means(root, member, models)) return member;
  const meant = behind(member, models);
  const own = models.find(({ name }) => name === root);
  if (own && isView(own)) return calledIn(own, meant);
  return meant !== member && means(root, meant, models) ? meant : null;
}

/** The filter in the words of what a card asks; null: it is about what the rows of the card do not belong to. */
export function filterFor(
  filter: Filter,
  query: SemanticQuery,
  models: readonly Model[],
): Filter | null {
  const told = (part: Filter): Filter | null => {
    if (isMemberFilter(part)) {
      const member = calledBy(query, part.member, models);
      return member === null ? null : member === part.member ? part : { ...part, member };
    }
    const parts = ('or' in part ? part.or : part.and).map(told);
    if (!parts.every((entry) => entry !== null)) return null;
    return 'or' in part ? { or: parts } : { and: parts };
  };
  return told(filter);
}

export const reaches = (filter: Filter, query: SemanticQuery, models: readonly Model[]): boolean =>
  filterFor(filter, query, models) !== null;

/** Without its models the card would be asked without its time or one of the filters, and then again. */
export const needsModels = (
  definition: Pick<DashboardDefinition, 'time_dimension'>,
  view: Pick<DashboardView, 'filters'>,
  query: SemanticQuery,
): boolean =>
  timeMemberOf(definition, query, []) === null ||
  view.filters.some((filter) => !reaches(filter, query, []));

/** Whether it is known what the question is about: a view that is not there has filters and a time that nobody knows. */
export const isKnown = (query: SemanticQuery, models: readonly Model[]): boolean =>
  models.some(({ name }) => name === rootOf(query, models));

/** What of the dashboard a card does not go by, in words. */
export const unreachedBy = (
  definition: Pick<DashboardDefinition, 'time_dimension'>,
  view: Pick<DashboardView, 'filters' | 'range'>,
  query: SemanticQuery,
  models: readonly Model[],
): string[] => [
  ...(view.range !== 'all' &&
  timeMemberOf(definition, query, models) === null &&
  !query.timeDimensions?.some(({ dateRange }) => dateRange != null)
    ? ['the time range']
    : []),
  ...view.filters
    .filter((filter) => !reaches(filter, query, models))
    .map((filter) => filterText(filter, models)),
];

/** Time dimension that the dashboard's range is applied to for this card, or null. */
export function timeMemberOf(
  definition: Pick<DashboardDefinition, 'time_dimension'>,
  query: SemanticQuery,
  models: readonly Model[],
): string | null {
  const own = rootOf(query, models);
  const { time_dimension } = models.find(({ name }) => name === own) ?? {};
  const called = (time: string | null | undefined): string | null =>
    time ? timeIn(own, time, query.measures ?? [], models) : null;
  return called(definition.time_dimension) ?? called(time_dimension && `${own}.${time_dimension}`);
}

/**
 * Without what the engine would refuse for the time and the filters of the dashboard: next to a condition on a measure what
 * stands around an answer; and gaps, which a picture shows anyway, where they would be more rows than anybody reads.
 */
function answerable(query: SemanticQuery, models: readonly Model[]): SemanticQuery {
  const root = models.find(({ name }) => name === rootOf(query, models));
  const onMeasure = root && query.filters?.some((filter) => isOnMeasure(filter, root));
  const [dimension, ...others] = query.dimensions ?? [];
  const groups =
    dimension === undefined ? 1 : others.length > 0 ? Infinity : (query.top?.limit ?? Infinity) + 1;
  const fits = ({ fill, dateRange, granularity }: TimeDimension): boolean =>
    !onMeasure && (fill !== 'null' || !granularity || canFill(dateRange, granularity, groups));
  const { timeDimensions } = query;
  return {
    ...(onMeasure ? without(query, 'top', 'totals') : query),
    ...(timeDimensions && {
      timeDimensions: timeDimensions.map((entry) => (fits(entry) ? entry : without(entry, 'fill'))),
    }),
  };
}

export function viewQuery(
  widget: Pick<Widget, 'query'>,
  definition: Pick<DashboardDefinition, 'time_dimension'>,
  view: DashboardView,
  models: readonly Model[],
): SemanticQuery {
  const { query } = widget;
  const time = timeMemberOf(definition, query, models);
  const asked = query.timeDimensions ?? [];
  const timeDimensions = asked.map((entry) => {
    if (entry.dimension !== time) return entry;
    const next = { ...entry };
    if (entry.granularity && view.grain) next.granularity = view.grain;
    if (entry.dateRange == null && view.range !== 'all') next.dateRange = view.range;
    return next;
  });
  if (time !== null && view.range !== 'all' && !asked.some((entry) => entry.dimension === time)) {
    timeDimensions.push({ dimension: time, dateRange: view.range });
  }
  const filters = [
    ...(query.filters ?? []),
    ...view.filters.flatMap((filter) => filterFor(filter, query, models) ?? []),
  ];
  const result: SemanticQuery = {
    ...query,
    timezone: query.timezone ?? query.calendar?.timezone ?? view.zone,
  };
  // What the narrower calendar says nothing of the wider one says.
  if (query.calendar || view.calendar) result.calendar = within(query.calendar, view.calendar);
  if (timeDimensions.length > 0) result.timeDimensions = timeDimensions;
  else delete result.timeDimensions;
  if (filters.length > 0) result.filters = filters;
  else delete result.filters;
  // What the author fixed for a card stays.
  if (view.asOf !== null && result.asOf == null) result.asOf = view.asOf;
  return answerable(result, models);
}
