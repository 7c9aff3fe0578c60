// Going down a hierarchy of dimensions and up again. Levels are named as dimensions of the model are: without it, or by the name
// of a join. Pure.
import type { Cell, Filter, Hierarchy, Model, ModelDimension } from '@/api/types';
import { fromMember, isMemberFilter } from './members';

const isTime = ({ type }: ModelDimension): boolean => type === 'timestamp' || type === 'date';

interface Known {
  hierarchy: Hierarchy;
  /** Those that the model has, the widest first. */
  levels: ModelDimension[];
}

const known = (model: Model): Known[] =>
  (model.hierarchies ?? []).map((hierarchy) => ({
    hierarchy,
    levels: hierarchy.levels.flatMap((level) => {
      const name = fromMember(level, model.name);
      const found = model.dimensions.find((entry) => entry.name === name);
      return found && !isTime(found) ? [found] : [];
    }),
  }));

/** What lies next within a dimension, in each hierarchy that it is a level of, once. */
export function levelsWithin(model: Model, name: string): ModelDimension[] {
  const next = known(model).flatMap(({ levels }) => {
    const at = levels.findIndex((level) => level.name === name);
    return at < 0 ? [] : levels.slice(at + 1, at + 2);
  });
  return [...new Set(next)];
}

interface Asked {
  dimensions: readonly string[];
  filters: readonly Filter[];
}

/** A step up: what its level is asked by then, and which conditions still hold. */
export interface Crumb {
  /** The value that was gone into; null: before any. */
  value: Cell | undefined;
  level: ModelDimension;
  dimensions: string[];
  filters: Filter[];
}

export interface DrillPath {
  hierarchy: Hierarchy;
  /** From the top down; the last is where one is. */
  crumbs: Crumb[];
}

const fixes = (filter: Filter, name: string): Cell | undefined =>
  isMemberFilter(filter) &&
  filter.member === name &&
  filter.operator === 'equals' &&
  filter.values?.length === 1
    ? filter.values[0]
    : undefined;

/** Where a question is in the hierarchies of its model: of those of which a level above the shown one has one value. */
export function drillPaths({ dimensions, filters }: Asked, model: Model): DrillPath[] {
  return known(model).flatMap(({ hierarchy, levels }): DrillPath[] => {
    const shown = levels.findLastIndex(({ name }) => dimensions.includes(name));
    const here = levels[shown];
    if (!here) return [];
    const fixed = levels.slice(0, shown).flatMap((level) => {
      const filter = filters.find((entry) => fixes(entry, level.name) !== undefined);
      return filter ? [{ level, filter, value: fixes(filter, level.name) }] : [];
    });
    if (fixed.length === 0) return [];
    const crumbs = [...fixed.map(({ level }) => level), here].map((level, at): Crumb => {
      const left = new Set(fixed.slice(at).map(({ filter }) => filter));
      return {
        value: at === 0 ? undefined : fixed[at - 1]?.value,
        level,
        // A level that is asked for already stays where it is.
        dimensions: [
          ...new Set(dimensions.map((name) => (name === here.name ? level.name : name))),
        ],
        filters: filters.filter((filter) => !left.has(filter)),
      };
    });
    return [{ hierarchy, crumbs }];
  });
}
