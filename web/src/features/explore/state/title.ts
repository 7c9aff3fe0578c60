// What a question is called that somebody explores. Pure.
import type { Model } from '@/api/types';
import type { ExploreState } from './explore-state';

const grainLabel = (grain: string, model: Model): string =>
  model.dimensions
    .flatMap(({ granularities }) => granularities ?? [])
    .find(({ name }) => name === grain)
    ?.label.toLowerCase() ?? grain;

/** "Flights, Distance by carrier and day". */
export function titleOf(state: ExploreState, model: Model): string {
  const label = (name: string): string =>
    [...model.measures, ...model.dimensions].find((entry) => entry.name === name)?.label ?? name;
  const measures = state.measures.map(label).join(', ');
  const by = [
    ...state.dimensions.map((name) => label(name).toLowerCase()),
    ...(state.grain === null ? [] : [grainLabel(state.grain, model)]),
  ].join(' and ');
  return [measures || 'Values', by ? `${measures ? 'by' : 'of'} ${by}` : null]
    .filter(Boolean)
    .join(' ');
}
