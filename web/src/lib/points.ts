// Which dimensions are the two halves of a point: the longitude names its latitude. Pure.
import type { Model, ModelDimension } from '@/api/types';
import { widened } from './joins';
import { modelOf, toMember } from './members';

export interface Point {
  latitude: string;
  longitude: string;
}

const pointOf = ({ name, geo, latitude }: ModelDimension, model: string): Point[] => {
  if (geo !== 'longitude' || latitude == null) return [];
  // What is joined has the name of its join before it, and so has its other half.
  const beside = name.includes('.') ? `${modelOf(name)}.${latitude}` : latitude;
  return [{ latitude: toMember(beside, model), longitude: toMember(name, model) }];
};

/** The points of a model, by members. */
export const pointsOf = (model: Model): Point[] =>
  model.dimensions.flatMap((dimension) => pointOf(dimension, model.name));

/** The first point of which both halves are among some members. */
export function pointAmong(members: readonly string[], models: readonly Model[]): Point | null {
  const has = ({ latitude, longitude }: Point): boolean =>
    members.includes(latitude) && members.includes(longitude);
  return (
    models.flatMap(pointsOf).find(has) ??
    models.flatMap((model) => pointsOf(widened(model, models))).find(has) ??
    null
  );
}
