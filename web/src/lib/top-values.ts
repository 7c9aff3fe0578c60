// The greatest values of a dimension, with what all others make together: what can be asked, and what the engine would
// refuse, in words. Pure.
import type { Filter, Model, ModelMeasure as Measure } from '@/api/types';
import { isOnMeasure } from './measure-filters';

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

/** What a measure is computed from, named without the model. */
function inputsOf(measure: Measure, model: Model): string[] {
  const named = [measure.measure, measure.denominator].filter((name) => name != null);
  const written =
    measure.kind === 'number'
      ? [...(measure.expression ?? '').matchAll(/\{([^{}]+)\}/g)].map(([, name = '']) =>
          name.trim(),
        )
      : [];
  return [...named, ...written].map((name) =>
    name.startsWith(`${model.name}.`) ? name.slice(model.name.length + 1) : name,
  );
}

/** Whether a measure says which values are the greatest: it is no place among groups, nor counted from bucket to bucket. */
function ranks(name: string, model: Model, seen: readonly string[] = []): boolean {
  const measure = model.measures.find((entry) => entry.name === name);
  if (measure === undefined || seen.includes(name)) return true;
  if (['rank', 'cumulative', 'rolling', 'time_shift'].includes(measure.kind)) return false;
  return inputsOf(measure, model).every((input) => ranks(input, model, [...seen, name]));
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
