// Which view or model people begin with who have not said one. Views are made for that; of the models the first that has a time,
// because those without one are mostly lists of names that the others look up. Pure.
import type { Model } from '@/api/types';
import { isView } from './views';

export const beginWith = (models: readonly Model[]): Model | undefined =>
  models.find(isView) ??
  models.find(({ time_dimension: time }) => time !== null && time !== undefined) ??
  models[0];
