// Where paths of a view lead: from the first model along joins, in either direction (docs/models.md). Pure.
import type { Model } from '@/api/types';
import { humanised, targetOf } from '@/lib/joins';

export interface Place {
  path: string;
  model: Model;
  /** What people read of the last step. */
  title: string;
  /** The last join calls the model otherwise than by its name: measures of it are not taken from here. */
  aliased: boolean;
}

interface Step {
  name: string;
  target: Model;
}

const byName = (models: readonly Model[], name: string): Model | undefined =>
  models.find((model) => model.name === name);

/** The joins of a model, and the models that have exactly one join to it. */
function stepsFrom(model: Model, models: readonly Model[]): Step[] {
  const own = (model.joins ?? []).flatMap((join): Step[] => {
    const target = byName(models, targetOf(join));
    return target ? [{ name: join.name, target }] : [];
  });
  const back = models
    .filter((other) => !own.some(({ name }) => name === other.name))
    .filter(
      (other) => (other.joins ?? []).filter((join) => targetOf(join) === model.name).length === 1,
    )
    .map((other): Step => ({ name: other.name, target: other }));
  return [...own, ...back];
}

const titleOf = ({ name, target }: Step): string =>
  name === target.name ? target.label : humanised(name);

const placeOf = (path: string, step: Step): Place => ({
  path,
  model: step.target,
  title: titleOf(step),
  aliased: step.name !== step.target.name,
});

/** null: the path leads nowhere. */
export function placeAt(path: string, models: readonly Model[]): Place | null {
  const [root = '', ...names] = path.split('.');
  const first = byName(models, root);
  if (!first) return null;
  let place = placeOf(root, { name: root, target: first });
  for (const name of names) {
    const step = stepsFrom(place.model, models).find((entry) => entry.name === name);
    if (!step) return null;
    place = placeOf(`${place.path}.${name}`, step);
  }
  return place;
}

const depthMost = 3;
const mostOffered = 200;

/** The first model, and where its joins lead, the near ones first. No path comes by one model twice. */
export function placesFrom(root: string, models: readonly Model[]): Place[] {
  const first = placeAt(root, models);
  if (first === null) return [];
  const found: Place[] = [first];
  let reached = [{ place: first, visited: [first.model.name] }];
  for (let depth = 0; depth < depthMost && found.length < mostOffered; depth += 1) {
    reached = reached.flatMap(({ place, visited }) =>
      stepsFrom(place.model, models)
        .filter(({ target }) => !visited.includes(target.name))
        .map((step) => ({
          place: placeOf(`${place.path}.${step.name}`, step),
          visited: [...visited, step.target.name],
        })),
    );
    found.push(...reached.map(({ place }) => place));
  }
  return found.slice(0, mostOffered);
}

/** "Flights → Origin airport → Countries"; what is not known stands as it is written. */
export function wordsOfPath(path: string, models: readonly Model[]): string {
  const names = path.split('.');
  return names
    .map((name, index) => placeAt(names.slice(0, index + 1).join('.'), models)?.title ?? name)
    .join(' \u2192 ');
}
