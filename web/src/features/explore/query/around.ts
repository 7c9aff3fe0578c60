// What is asked around the answer of a state: of which dimension only the greatest values are told apart, and what is shown in
// times without rows. Both depend on the picture where nobody has chosen; neither goes with conditions on measures. Pure.
import type { Fill, Model } from '@/api/types';
import { isOnMeasure } from '@/lib/measure-filters';
import { canFill } from '@/lib/missing-buckets';
import { topQuestion, USUAL_TOP } from '@/lib/top-values';
import type { TopChoice, TopQuestion } from '@/lib/top-values';
import { drawnKind } from '../chart/chart-kinds';
import type { ExploreState } from '../state/explore-state';
import { emptyState } from '../state/explore-state';

const drawnOverTime = ['line', 'area', 'bar', 'stacked_bar'];
const named = ['string', 'integer', 'boolean'];

export const topQuestionOf = (state: ExploreState, model: Model): TopQuestion =>
  topQuestion(state.measures, state.filters, model);

/** What is told apart: what was chosen, else the greatest values of what splits a picture over time. */
export function topOf(state: ExploreState, model: Model): TopChoice | null {
  const { top } = state;
  if (top === 'all' || topQuestionOf(state, model).obstacle !== null) return null;
  if (top !== null) return top;
  const [dimension, second] = state.dimensions;
  if (state.grain === null || dimension === undefined || second !== undefined) return null;
  const type = model.dimensions.find(({ name }) => name === dimension)?.type ?? '';
  if (!named.includes(type) || !drawnOverTime.includes(drawnKind(state, model))) return null;
  return { dimension, limit: USUAL_TOP, others: true };
}

/** Why times without rows cannot be filled, or null. */
export const fillObstacle = (state: ExploreState, model: Model): string | null =>
  state.filters.some((filter) => isOnMeasure(filter, model))
    ? 'Not together with a filter on a measure: a time that it leaves out is not one without rows.'
    : null;

/** Gaps are asked for where their rows are few; what was chosen always. */
export function fillOf(state: ExploreState, model: Model): Fill | null {
  const { grain, fill, dimensions } = state;
  if (grain === null || state.measures.length === 0) return null;
  if (fillObstacle(state, model) !== null) return null;
  if (fill !== emptyState.fill) return fill;
  const top = topOf(state, model);
  const groups =
    dimensions.length === 0 ? 1 : dimensions.length === 1 && top !== null ? top.limit + 1 : null;
  const named = model.dimensions.flatMap(({ granularities }) => granularities ?? []);
  const width = named.find(({ name }) => name === grain)?.interval ?? grain;
  return groups !== null && canFill(state.range, width, groups) ? fill : null;
}
