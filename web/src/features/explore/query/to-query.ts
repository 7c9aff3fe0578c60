// The questions behind the page: the answer itself, the same without dimensions for the totals, and one period earlier.
// Totals are always asked, never added up here: an average of averages is not the average. Pure.
import type { Filter, Model, SemanticQuery, TimeDimension } from '@/api/types';
import { comparisonQuery } from '@/lib/comparison';
import { filterMembers, fromMember, toMember } from '@/lib/members';
import { without } from '@/lib/without';
import type { ExploreState } from '../state/explore-state';
import { isEmpty } from '../state/explore-state';
import { timeOf } from '../state/fit';
import { qualify } from '../state/url-state';
import { hasTotal } from './has-total';

/** Categories that anybody reads; a line of hours is longer. */
export const USUAL_ROWS = 500;
export const USUAL_ROWS_OVER_TIME = 10_000;

export const limitOf = (state: ExploreState): number =>
  state.limit ?? (state.grain === null ? USUAL_ROWS : USUAL_ROWS_OVER_TIME);

/** Conditions on measures hold for the groups of one answer; those of another have other sums. */
export const isOnMeasure = (filter: Filter, model: Model): boolean =>
  filterMembers(filter).some((name) =>
    model.measures.some((measure) => measure.name === fromMember(name, model.name)),
  );

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
    if (state.range !== 'all') asked.dateRange = state.range;
    query.timeDimensions = [asked];
  }
  if (state.filters.length > 0)
    query.filters = state.filters.map((filter) => qualify(filter, model.name));
  if (state.segments.length > 0) query.segments = state.segments.map(full);
  if (state.order.length > 0) query.order = state.order.map(([name, way]) => [full(name), way]);
  if (state.exact) query.exact = true;
  if (state.asOf !== null) query.asOf = state.asOf;
  return query;
}

/** What a total keeps apart: nothing, or one of the members that the answer is grouped by. */
export interface Kept {
  dimensions: readonly string[];
  time: boolean;
}

const nothing: Kept = { dimensions: [], time: false };

/** The same rows in fewer groups; null where that says nothing new. */
export function totalsQuery(
  state: ExploreState,
  model: Model,
  kept: Kept = nothing,
): SemanticQuery | null {
  const grain = kept.time ? state.grain : null;
  const measures = state.measures.filter((name) => hasTotal(name, model, grain));
  if (measures.length === 0) return null;
  const grouped = state.dimensions.length + (state.grain === null ? 0 : 1);
  const left = kept.dimensions.length + (grain === null ? 0 : 1);
  if (left >= grouped) return null;
  const query = mainQuery(
    {
      ...state,
      measures,
      dimensions: [...kept.dimensions],
      grain,
      order: [],
      limit: null,
      filters: state.filters.filter((filter) => !isOnMeasure(filter, model)),
    },
    model,
  );
  if (query === null) return null;
  const rest = without(query, 'total', 'limit');
  return left === 0 ? rest : { ...rest, limit: USUAL_ROWS_OVER_TIME };
}

/** Labels of what a grouped answer has no total of. */
export const withoutTotal = (state: ExploreState, model: Model): string[] =>
  state.grain === null && state.dimensions.length === 0
    ? []
    : model.measures
        .filter(({ name }) => state.measures.includes(name) && !hasTotal(name, model, null))
        .map(({ label }) => label);

export interface PivotTotals {
  /** One a column: grouped by what stands across alone. */
  columns: SemanticQuery | null;
  /** One a row: grouped by everything else. */
  rows: SemanticQuery | null;
}

export function pivotTotals(state: ExploreState, model: Model): PivotTotals {
  const { pivot } = state;
  if (pivot === null) return { columns: null, rows: null };
  const overTime = pivot === timeOf(state, model) && state.grain !== null;
  const columns: Kept = overTime
    ? { dimensions: [], time: true }
    : { dimensions: [pivot], time: false };
  const rows: Kept = overTime
    ? { dimensions: state.dimensions, time: false }
    : {
        dimensions: state.dimensions.filter((name) => name !== pivot),
        time: state.grain !== null,
      };
  return {
    columns: totalsQuery(state, model, columns),
    rows: rows.dimensions.length === 0 && !rows.time ? null : totalsQuery(state, model, rows),
  };
}

/**
 * The question about the period before. Its rows are found by their values, so their order says nothing, and a limit would cut
 * others than it does today; conditions on measures would hide the past of groups that are shown.
 */
export function beforeQuery(
  query: SemanticQuery | null,
  model: Model | null,
  range: { from: string; to: string } | null,
  zone: string,
): SemanticQuery | null {
  const time = query?.timeDimensions?.[0]?.dimension ?? null;
  if (query === null || model === null) return null;
  const shifted = comparisonQuery(query, time, range, zone);
  if (shifted === null) return null;
  const rest: SemanticQuery = without(shifted, 'order', 'total', 'filters');
  const filters = shifted.filters?.filter((filter) => !isOnMeasure(filter, model)) ?? [];
  if (filters.length > 0) rest.filters = filters;
  return query.limit == null ? rest : { ...rest, limit: USUAL_ROWS_OVER_TIME };
}
