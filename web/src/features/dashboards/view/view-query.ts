// What a card really asks: its own query, plus the dashboard's time and filters. Pure.
import type {
  DashboardDefinition,
  DateRange,
  Filter,
  Grain,
  Model,
  SemanticQuery,
  Widget,
} from '@/api/types';
import { filterMembers, membersOf, modelOf } from '@/lib/members';
import type { ViewState } from './url-state';

export interface DashboardView {
  range: DateRange;
  grain: Grain | null;
  filters: Filter[];
  zone: string;
  /** null: now, and live. */
  asOf: string | null;
}

// One object, so that a dashboard without filters is not a new view at every render.
const noFilters: Filter[] = [];

/** What the address says, else what the author saved. */
export const viewOf = (
  { time, filters, timezone }: Pick<DashboardDefinition, 'time' | 'filters' | 'timezone'>,
  state: ViewState,
): DashboardView => ({
  range: state.range ?? time.range,
  grain: state.grain === undefined ? (time.grain ?? null) : state.grain,
  filters: state.filters ?? filters ?? noFilters,
  zone: timezone ?? 'UTC',
  asOf: state.asOf,
});

/** A filter on another model does not reach this card. */
export function reaches(filter: Filter, query: SemanticQuery): boolean {
  const own = modelOf(membersOf(query)[0] ?? '');
  return filterMembers(filter).every((member) => modelOf(member) === own);
}

/** Time dimension that the dashboard's range is applied to for this card, or null. */
export function timeMemberOf(
  definition: Pick<DashboardDefinition, 'time_dimension'>,
  query: SemanticQuery,
  models: readonly Model[],
): string | null {
  const own = modelOf(membersOf(query)[0] ?? '');
  const shared = definition.time_dimension;
  if (shared && modelOf(shared) === own) return shared;
  const model = models.find((entry) => entry.name === own);
  return model?.time_dimension ? `${model.name}.${model.time_dimension}` : null;
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
    ...view.filters.filter((filter) => reaches(filter, query)),
  ];
  const result: SemanticQuery = { ...query, timezone: query.timezone ?? view.zone };
  if (timeDimensions.length > 0) result.timeDimensions = timeDimensions;
  else delete result.timeDimensions;
  if (filters.length > 0) result.filters = filters;
  else delete result.filters;
  // What the author fixed for a card stays.
  if (view.asOf !== null && result.asOf == null) result.asOf = view.asOf;
  return result;
}
