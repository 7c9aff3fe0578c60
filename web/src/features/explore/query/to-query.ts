// The questions behind the page: the answer itself with its totals, and one period earlier. Totals are always asked, never
// added up here: an average of averages is not the average. Pure.
import type { Filter, Model, SemanticQuery, TimeDimension } from '@/api/types';
import { comparisonQuery } from '@/lib/comparison';
import type { Reach } from '@/lib/comparison';
import { isOnMeasure } from '@/lib/measure-filters';
import { toMember } from '@/lib/members';
import { without } from '@/lib/without';
import type { ExploreState } from '../state/explore-state';
import { isEmpty } from '../state/explore-state';
import { timeOf } from '../state/fit';
import { qualify } from '../state/url-state';
import { fillOf, topOf, topQuestionOf } from './around';

/** Categories that anybody reads; a line of hours is longer. */
export const USUAL_ROWS = 500;
export const USUAL_ROWS_OVER_TIME = 10_000;

export const limitOf = (state: ExploreState): number =>
  state.limit ?? (state.grain === null ? USUAL_ROWS : USUAL_ROWS_OVER_TIME);

/** What the chosen named filters say. */
export const segmentFilters = (state: ExploreState, model: Model): Filter[] =>
  (model.segments ?? [])
    .filter(({ name }) => state.segments.includes(name))
    .flatMap(({ filters }) => filters);

export function mainQuery(state: ExploreState, model: Model): SemanticQuery | null {
  if (isEmpty(state)) return null;
  const full = (name: string): string => toMember(name, model.name);
  const time = timeOf(state, model);
  const query: SemanticQuery = {
    measures: state.measures.map(full),
    limit: limitOf(state),
    total: true,
    timezone: state.zone,
  };
  if (state.dimensions.length > 0) query.dimensions = state.dimensions.map(full);
  if (time !== null && (state.grain !== null || state.range !== 'all')) {
    const asked: TimeDimension = { dimension: full(time) };
    if (state.grain !== null) asked.granularity = state.grain;
    const fill = fillOf(state, model);
    if (fill !== null) asked.fill = fill;
    if (state.range !== 'all') asked.dateRange = state.range;
    query.timeDimensions = [asked];
  }
  if (state.filters.length > 0)
    query.filters = state.filters.map((filter) => qualify(filter, model.name));
  if (state.segments.length > 0) query.segments = state.segments.map(full);
  if (state.order.length > 0) query.order = state.order.map(([name, way]) => [full(name), way]);
  const totals = totalsOf(state, model);
  if (totals.length > 0) query.totals = totals.map((list) => list.map(full));
  const top = topOf(state, model);
  if (top !== null) {
    const { by } = topQuestionOf(state, model);
    query.top = {
      dimension: full(top.dimension),
      limit: top.limit,
      others: top.others,
      ...(by === null ? {} : { by: full(by) }),
    };
  }
  if (state.calendar !== null) query.calendar = state.calendar;
  if (state.exact) query.exact = true;
  if (state.asOf !== null) query.asOf = state.asOf;
  return query;
}

/**
 * What the totals of the page keep apart: nothing, and of a turned table what stands across, and the rest. There are none where
 * a condition on a measure leaves groups out, because what is left has another total.
 */
export function totalsOf(state: ExploreState, model: Model): string[][] {
  const time = state.grain === null ? null : timeOf(state, model);
  const groups = [...(time === null ? [] : [time]), ...state.dimensions];
  if (groups.length === 0 || state.measures.length === 0) return [];
  if (state.filters.some((filter) => isOnMeasure(filter, model))) return [];
  const { pivot } = state;
  const turned =
    pivot === null || groups.length === 1 ? [] : [[pivot], groups.filter((name) => name !== pivot)];
  return [[], ...turned];
}

/**
 * The question about the period before. Its rows are found by their values, so their order says nothing, and a limit would cut
 * others than it does today; conditions on measures would hide the past of groups that are shown, and so would the values that
 * were the greatest then.
 */
export function beforeQuery(
  query: SemanticQuery | null,
  model: Model | null,
  reach: Reach | null,
  zone: string,
  version: number | null = null,
): SemanticQuery | null {
  const time = query?.timeDimensions?.[0]?.dimension ?? null;
  if (query === null || model === null) return null;
  const shifted = comparisonQuery(query, time, reach, zone, version);
  if (shifted === null) return null;
  const rest: SemanticQuery = without(shifted, 'order', 'total', 'filters', 'totals', 'top');
  // Of all values together every bucket would be more rows than anybody asked for.
  if (query.dimensions?.length && rest.timeDimensions)
    rest.timeDimensions = rest.timeDimensions.map((entry) => without(entry, 'fill'));
  if (query.totals) rest.totals = [[]];
  const filters = shifted.filters?.filter((filter) => !isOnMeasure(filter, model)) ?? [];
  if (filters.length > 0) rest.filters = filters;
  return query.limit == null ? rest : { ...rest, limit: USUAL_ROWS_OVER_TIME };
}
