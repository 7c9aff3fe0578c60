// What stands where in a model that is written as text: which keys there are, and what their values may be. Reading,
// complaints and completion all go by it. Pure.
import type { DatasetColumn, Model } from '@/api/types';
import { filterOperators } from '@/lib/filter-operators';
import { isJoined, widened } from '@/lib/joins';
import { geoRoles } from '../state/geo-roles';
import { columnTypes, formats, grainNames, relationships } from '../state/vocabulary';
import { measureKinds } from '../state/measure-kinds';

/** What names may be of. */
export interface Words {
  columns: readonly DatasetColumn[];
  /** All models, the edited one as it was saved included. */
  models: readonly Model[];
  /** Names of attributes of people; others may be written too. */
  attributes?: readonly string[];
}

/** Names that the text itself brings. */
export interface OwnNames {
  name: string;
  dimensions: readonly string[];
  measures: readonly string[];
}

export type Shape =
  /** `single`: any value that is no list and has no keys. */
  /** `any`: whatever it is, nothing here looks at it. */
  | { is: 'text' | 'number' | 'flag' | 'single' | 'any' }
  /** `strict`: anything else is wrong. */
  | { is: 'name'; what: string; among: readonly string[]; strict: boolean }
  | { is: 'list'; of: Shape }
  /** Told apart by how they are written: one value, a list, or keys. */
  | { is: 'either'; of: readonly Shape[] }
  | { is: 'map'; what: string; keys: Record<string, Shape>; needs: readonly string[] };

export const text: Shape = { is: 'text' };
export const name = (what: string, among: readonly string[], strict = true): Shape => ({
  is: 'name',
  what,
  among,
  strict,
});
export const list = (of: Shape): Shape => ({ is: 'list', of });
export const map = (
  what: string,
  keys: Record<string, Shape>,
  needs: readonly string[] = [],
): Shape => ({
  is: 'map',
  what,
  keys,
  needs,
});

export function modelShape(words: Words, own: OwnNames): Shape {
  const column = name(
    'column',
    words.columns.map((entry) => entry.name),
    words.columns.length > 0,
  );
  const measure = name('measure', own.measures);
  const dimension = name('dimension', own.dimensions);
  const saved = words.models.find((model) => model.name === own.name);
  const joined = saved ? widened(saved, words.models).dimensions.filter(isJoined) : [];
  const levels = [...own.dimensions, ...joined.map((entry) => entry.name)];
  const others = words.models.filter((model) => model.name !== own.name);
  const foreign = others.flatMap((model) =>
    model.dimensions.map((entry) => `${model.name}.${entry.name}`),
  );
  // Of ratios alone, which the text of one key does not say; the server does.
  const part = name('measure', [
    ...own.measures,
    ...others.flatMap((model) => model.measures.map((entry) => `${model.name}.${entry.name}`)),
  ]);
  const otherColumns = [
    ...new Set(
      words.models.flatMap((model) => model.dimensions.map((entry) => entry.column ?? entry.name)),
    ),
  ];
  const conditionOn = (members: string[]): Shape => {
    const filter: Extract<Shape, { is: 'map' }> = {
      is: 'map',
      what: 'a condition',
      needs: [],
      keys: {
        member: name('dimension', members),
        operator: name('operator', filterOperators),
        values: list({ is: 'single' }),
      },
    };
    filter.keys.or = list(filter);
    filter.keys.and = list(filter);
    return filter;
  };
  const ownMembers = own.dimensions.map((entry) => `${own.name}.${entry}`);
  // Rows may be chosen by what they belong to, which joins lead to that are not saved yet, or several in a row.
  const reached = [...joined.map((entry) => entry.name), ...foreign];
  const filter = conditionOn([...new Set([...ownMembers, ...reached])]);
  const named = { name: text, label: text };
  const said: Record<string, Shape> = {
    description: text,
    meta: { is: 'any' },
    public: { is: 'flag' },
  };
  return map(
    'a model',
    {
      name: name('name', [own.name], false),
      dataset: text,
      label: text,
      ...said,
      time_dimension: dimension,
      dimensions: list(
        map(
          'a dimension',
          {
            ...named,
            ...said,
            type: name('type', columnTypes),
            column,
            expression: text,
            format: name('format', formats, false),
            same_as: name('dimension', foreign),
            granularities: list(
              map('a granularity', { ...named, interval: text, origin: text }, [
                'name',
                'label',
                'interval',
              ]),
            ),
            geo: name(
              'role',
              geoRoles.map(({ role }) => role),
            ),
            latitude: dimension,
          },
          ['name', 'label', 'type'],
        ),
      ),
      joins: list(
        map(
          'a join',
          {
            name: text,
            model: name(
              'model',
              words.models.map((entry) => entry.name),
            ),
            relationship: name('relationship', relationships),
            on: list(
              map('a pair of columns', { column, other: name('column', otherColumns, false) }, [
                'column',
                'other',
              ]),
            ),
          },
          ['name', 'on'],
        ),
      ),
      segments: list(
        map('a named filter', { ...named, ...said, filters: list(filter) }, [
          'name',
          'label',
          'filters',
        ]),
      ),
      hierarchies: list(
        map('a hierarchy', { ...named, levels: list(name('dimension', levels, false)) }, [
          'name',
          'label',
          'levels',
        ]),
      ),
      measures: list(
        map(
          'a measure',
          {
            ...named,
            ...said,
            kind: name(
              'kind',
              measureKinds.map((entry) => entry.kind),
            ),
            column,
            expression: text,
            quantile: { is: 'number' },
            filters: list(filter),
            measure: part,
            denominator: part,
            span: map(
              'a length of time',
              { count: { is: 'number' }, unit: name('unit', grainNames) },
              ['count', 'unit'],
            ),
            by: list(dimension),
            carry: { is: 'flag' },
            within: list(name('dimension', levels, false)),
            format: name('format', formats, false),
            lower_is_better: { is: 'flag' },
            drill: list(dimension),
          },
          ['name', 'label', 'kind'],
        ),
      ),
      rollups: list(
        map(
          'a rollup',
          {
            name: text,
            measures: list(measure),
            dimensions: list(dimension),
            time_dimension: dimension,
            granularity: name('unit', grainNames, false),
          },
          ['name', 'measures'],
        ),
      ),
      access_policies: list(
        map(
          'an access policy',
          {
            name: text,
            when: list(
              map(
                'a condition on people',
                { attribute: name('attribute', words.attributes ?? [], false), values: list(text) },
                ['attribute', 'values'],
              ),
            ),
            rows: list(filter),
            columns: list(column),
            hidden: list(column),
            masked: list(map('a masked column', { column, expression: text }, ['column'])),
          },
          ['name'],
        ),
      ),
    },
    ['name', 'dataset', 'label', 'dimensions', 'measures'],
  );
}
