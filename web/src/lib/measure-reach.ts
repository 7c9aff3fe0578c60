// Which rows a measure looks at: those of its group, or others too. Pure.
import type { MeasureKind, Model, ModelMeasure } from '@/api/types';
import type { ViewModel } from './views';

/** They look at other groups, or at other times, than those they stand beside. */
const beyond: readonly MeasureKind[] = [
  'share_of_total',
  'rank',
  'cumulative',
  'rolling',
  'time_shift',
];

/** `revenue` and `buyers` of `{revenue} / {buyers}`. */
export const namesIn = (expression: string): string[] =>
  [...expression.matchAll(/\{\s*([^{}]+?)\s*\}/g)].map(([, name = '']) => name);

/** The measures that a measure is computed from, by their names in its model. */
export const inputsOf = ({ kind, measure, denominator, expression }: ModelMeasure): string[] => [
  ...(measure ? [measure] : []),
  ...(denominator ? [denominator] : []),
  ...(kind === 'number' && expression ? namesIn(expression) : []),
];

/** A formula may name a measure with its model. */
const bareName = (name: string, model: Model): string =>
  name.startsWith(`${model.name}.`) ? name.slice(model.name.length + 1) : name;

/** Whether a measure, or one that it is computed from, is of one of these kinds. */
function isMadeOf(
  name: string,
  model: Model,
  kinds: readonly MeasureKind[],
  visited: readonly string[] = [],
): boolean {
  // A view computes nothing: what a measure is made of is said by its model.
  const behind = 'measureBehind' in model ? (model as ViewModel).measureBehind(name) : null;
  if (behind) return isMadeOf(behind.measure.name, behind.model, kinds);
  const measure = model.measures.find((entry) => entry.name === name);
  if (!measure || visited.includes(name)) return false;
  return (
    kinds.includes(measure.kind) ||
    inputsOf(measure).some((input) =>
      isMadeOf(bareName(input, model), model, kinds, [...visited, name]),
    )
  );
}

export const looksElsewhere = (name: string, model: Model): boolean =>
  isMadeOf(name, model, beyond);

/** Whether a SELECT may ask for it: a stock, too, is more than the rows of its group (docs/models.md, "In SQL"). */
export const isInSql = (name: string, model: Model): boolean =>
  !isMadeOf(name, model, [...beyond, 'balance']);

/** Whether it says which values are the greatest: it is no place among groups, nor counted from bucket to bucket. */
export const ranks = (name: string, model: Model): boolean =>
  !isMadeOf(name, model, ['rank', 'cumulative', 'rolling', 'time_shift']);
