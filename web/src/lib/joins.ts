// What can be said of a model by way of its joins: dimensions of what its rows belong to, and of what those belong to.
// Their names are members already, `origin_airport.city`, so that nothing has to be put before them. Pure.
import type { Join, Model, ModelDimension } from '@/api/types';
import { isOffered } from './offered';

export interface JoinedDimension extends ModelDimension {
  joined: {
    /** What the other model is called from here, in words. */
    title: string;
    /** What its dimension is called there. */
    label: string;
  };
}

export const isJoined = (dimension: ModelDimension): dimension is JoinedDimension =>
  'joined' in dimension;

/** "Origin airport" of `origin_airport`. */
export function humanised(name: string): string {
  const words = name.replaceAll('_', ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export const targetOf = (join: Join): string => join.model ?? join.name;

interface Way {
  name: string;
  title: string;
  target: Model;
}

/** Rows that belong to one row of another model, and only those: on no other way can a sum be right. */
const stepsFrom = (model: Model, models: readonly Model[], visited: readonly string[]): Way[] =>
  (model.joins ?? []).flatMap((join): Way[] => {
    const target = models.find((entry) => entry.name === targetOf(join));
    if (join.relationship === 'one_to_many' || !target || visited.includes(target.name)) return [];
    const title = join.name === target.name ? target.label : humanised(join.name);
    return [{ name: join.name, title, target }];
  });

/** The joins of a model and of their targets. A name that two of the latter have says neither of them. */
export function waysOf(model: Model, models: readonly Model[]): Way[] {
  const first = stepsFrom(model, models, [model.name]);
  const second = first.flatMap(({ target }) =>
    stepsFrom(target, models, [model.name, target.name]),
  );
  const taken = [model.name, ...first.flatMap(({ name, target }) => [name, target.name])];
  return [
    ...first,
    ...second.filter(
      ({ name }) =>
        !taken.includes(name) && second.filter((other) => other.name === name).length === 1,
    ),
  ];
}

/** The model with the dimensions of what it is joined to after its own. */
export function widened(model: Model, models: readonly Model[]): Model {
  const joined = waysOf(model, models).flatMap(({ name, title, target }) =>
    target.dimensions.map((dimension): JoinedDimension => ({
      ...dimension,
      name: `${name}.${dimension.name}`,
      label: `${title}: ${dimension.label}`,
      joined: { title, label: dimension.label },
      // Nothing of a hidden model is offered, wherever it is reached from.
      ...(isOffered(target) ? {} : { public: false }),
    })),
  );
  return joined.length === 0 ? model : { ...model, dimensions: [...model.dimensions, ...joined] };
}
