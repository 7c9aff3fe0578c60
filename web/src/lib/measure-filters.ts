// Conditions on measures hold for the groups of one answer. Totals, the greatest values and filled buckets do not go with them. Pure.
import type { Filter, Model } from '@/api/types';
import { filterMembers, fromMember } from './members';

export const isOnMeasure = (filter: Filter, model: Model): boolean =>
  filterMembers(filter).some((name) =>
    model.measures.some((measure) => measure.name === fromMember(name, model.name)),
  );
