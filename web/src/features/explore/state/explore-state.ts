// What somebody explores: the chosen members of one model or view, time, filters, order, and how the answer is shown. Members are
// named without their model, and those of what it is joined to with the name of the join. Edits keep what belongs together together. Pure.
import type { AsOf, Calendar, DateRange, Fill, Filter, WidgetKind } from '@/api/types';
import { formatZone } from '@/lib/format/calendar';
import { filterMembers } from '@/lib/members';
import type { TopChoice } from '@/lib/top-values';

export type Direction = 'asc' | 'desc';

export interface ExploreState {
  /** The view or model; null: the first. */
  model: string | null;
  measures: string[];
  dimensions: string[];
  /** The time dimension; null: the model's own. */
  on: string | null;
  /** A unit, several of it, or a name that the time has for some; null: not over time. */
  grain: string | null;
  range: DateRange;
  filters: Filter[];
  /** Names of the model's named filters that hold too. */
  segments: string[];
  order: [name: string, direction: Direction][];
  /** null: as many as are usual. */
  limit: number | null;
  /** The dimension whose values become columns. */
  pivot: string | null;
  /** Of which dimension only the greatest values are told apart; null: where it suits the picture. */
  top: TopChoice | 'all' | null;
  /** What is shown in a time without rows. */
  fill: Fill;
  compare: boolean;
  /** null: what suits the choice. */
  chart: WidgetKind | null;
  zone: string;
  /** When weeks, years and days begin; null: as usual for who looks. */
  calendar: Calendar | null;
  /** Whether what could be estimated is computed. */
  exact: boolean;
  /** null: the latest data. */
  asOf: AsOf | null;
}

export const emptyState: ExploreState = {
  model: null,
  measures: [],
  dimensions: [],
  on: null,
  grain: null,
  range: 'last 90 days of data',
  filters: [],
  segments: [],
  order: [],
  limit: null,
  pivot: null,
  top: null,
  fill: 'null',
  compare: false,
  chart: null,
  /** That of who asks, as it is when this is copied: it comes with the session. */
  get zone() {
    return formatZone();
  },
  calendar: null,
  exact: false,
  asOf: null,
};

/** Order, pivot and the greatest values speak of what is chosen; `time` is the name of the time dimension. */
export function tidy(state: ExploreState, time: string | null): ExploreState {
  const shown = new Set([...state.measures, ...state.dimensions]);
  const over = state.grain === null ? null : time;
  if (over !== null) shown.add(over);
  const order = state.order.filter(([name]) => shown.has(name));
  const canTurn =
    state.pivot !== null && (state.dimensions.includes(state.pivot) || state.pivot === over);
  const { top } = state;
  const keepsTop = top === null || top === 'all' || state.dimensions.includes(top.dimension);
  return {
    ...state,
    order: order.length === state.order.length ? state.order : order,
    pivot: canTurn ? state.pivot : null,
    top: keepsTop ? top : null,
  };
}

const toggled = (names: readonly string[], name: string): string[] =>
  names.includes(name) ? names.filter((entry) => entry !== name) : [...names, name];

export const toggleMeasure = (state: ExploreState, name: string): ExploreState => ({
  ...state,
  measures: toggled(state.measures, name),
});

export const toggleDimension = (state: ExploreState, name: string): ExploreState => ({
  ...state,
  dimensions: toggled(state.dimensions, name),
});

export const toggleSegment = (state: ExploreState, name: string): ExploreState => ({
  ...state,
  segments: toggled(state.segments, name),
});

/** Over this time by day; chosen again: not over time. */
export function toggleTime(state: ExploreState, name: string, own: string | null): ExploreState {
  const here = (state.on ?? own) === name;
  const on = name === own ? null : name;
  if (here && state.grain !== null) return { ...state, grain: null };
  return { ...state, on, grain: state.grain ?? 'day' };
}

/** A head of the table: first the natural direction, then the other, then as the engine orders. */
export function toggleOrder(state: ExploreState, name: string): ExploreState {
  const first: Direction = state.measures.includes(name) ? 'desc' : 'asc';
  const current = state.order[0];
  if (current?.[0] !== name) return { ...state, order: [[name, first]] };
  return current[1] === first
    ? { ...state, order: [[name, first === 'asc' ? 'desc' : 'asc']] }
    : { ...state, order: [] };
}

/** Another model has other members. */
export const withModel = (state: ExploreState, model: string): ExploreState => ({
  ...emptyState,
  model,
  zone: state.zone,
  calendar: state.calendar,
});

/** Filters of the state that speak of one member. */
export const filtersOn = (state: ExploreState, name: string): Filter[] =>
  state.filters.filter((filter) => filterMembers(filter).includes(name));

export const isEmpty = (state: ExploreState): boolean =>
  state.measures.length === 0 && state.dimensions.length === 0;
