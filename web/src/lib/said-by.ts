// Which members a question can name: those that each of the models says whose rows it counts. Pure.
import type { Model } from '@/api/types';
import { widened } from './joins';
import { modelOf } from './members';
import { behind, calledIn, firstModelOf, isView } from './views';

/** The model with what it is joined to says this member. A name of its own it is asked for even if it has lost it. */
export const says = (name: string, member: string, models: readonly Model[]): boolean => {
  if (modelOf(member) === name) return true;
  const model = models.find((entry) => entry.name === name);
  return (
    model !== undefined &&
    widened(model, models).dimensions.some((dimension) => dimension.name === member)
  );
};

/** Or a dimension of its own is the same. */
export const means = (name: string, member: string, models: readonly Model[]): boolean =>
  says(name, member, models) ||
  models.some(
    (model) => model.name === name && model.dimensions.some(({ same_as }) => same_as === member),
  );

/** The models whose rows measures count: of a view those behind them. */
export const countedModels = (
  measures: readonly string[],
  models: readonly Model[],
): readonly string[] => [
  ...new Set(
    measures.flatMap((measure) => {
      const name = modelOf(measure);
      const model = models.find((entry) => entry.name === name);
      if (model === undefined || !isView(model)) return [name];
      return model.measureBehind(measure.slice(name.length + 1))?.model.name ?? [];
    }),
  ),
];

/** Whether the rows of all these measures have a member, which may be named in the words of a view. */
export const isSaid = (
  member: string,
  measures: readonly string[],
  models: readonly Model[],
): boolean => {
  const meant = behind(member, models);
  return countedModels(measures, models).every((name) => means(name, meant, models));
};

/**
 * What a question of a model or view calls a time that may be named in the words of another; null: its rows do not have it, or
 * look it up, so that it says when something else happened.
 */
export function timeIn(
  name: string,
  time: string,
  measures: readonly string[],
  models: readonly Model[],
): string | null {
  if (!isSaid(time, measures, models)) return null;
  if (modelOf(time) === name) return time;
  const own = models.find((entry) => entry.name === name);
  if (!own) return null;
  const meant = behind(time, models);
  const [counted = isView(own) ? firstModelOf(own.view) : name] = countedModels(measures, models);
  if (modelOf(meant) !== counted) return null;
  return isView(own) ? calledIn(own, meant) : meant;
}
