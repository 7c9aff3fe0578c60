// The greatest values of a dimension, with what all others make together: what can be asked, and what the engine would
// refuse, in words. Pure.
import type { Filter, Model } from '@/api/types';
import { isOnMeasure } from './measure-filters';
import { ranks } from './measure-reach';

/** As many as there are colours that a reader tells apart. */
export const USUAL_TOP = 8;

export const topChoices: readonly number[] = [3, 5, USUAL_TOP, 10, 15, 20, 50];

/** The engine tells no more apart. */
export const MOST_TOP = 1_000;

export interface TopChoice {
  dimension: string;
  limit: number;
  /** Whether what all other values make together is shown as well. */
  others: boolean;
}

export interface TopQuestion {
  /** The measure that says which values are the greatest; null: the first one. */
  by: string | null;
  /** Why there are no greatest values to ask for, or null. */
  obstacle: string | null;
}

const refused = (obstacle: string): TopQuestion => ({ by: null, obstacle });

/** `measures` are named without the model. */
export function topQuestion(
  measures: readonly string[],
  filters: readonly Filter[],
  model: Model,
): TopQuestion {
  if (measures.length === 0) return refused('Choose a measure: the greatest by what?');
  if (filters.some((filter) => isOnMeasure(filter, model)))
    return refused(
      'Not together with a filter on a measure: which values are the greatest depends on what is done first.',
    );
  const place = model.measures.find(({ name, kind }) => kind === 'rank' && measures.includes(name));
  if (place) return refused(`${place.label} is a place among all values: filter by it instead.`);
  const by = measures.find((name) => ranks(name, model));
  if (by === undefined)
    return refused(
      'None of the measures says which values are the greatest: add one that adds up.',
    );
  return { by: by === measures[0] ? null : by, obstacle: null };
}
