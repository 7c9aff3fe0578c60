// How the values of a dimension are asked for. The API lists those of a dimension that a model or a view has, as they are now;
// of a dimension by the name of a join, those that the rows of the model belong to and not all that the other model has. It knows
// no older states: these are asked as a question, which counts rows as well. Pure.
import type { AsOf, ColumnType, Model, SemanticQuery } from '@/api/types';
import type { ValuesAsked } from '@/api/values-api';
import { modelOf, toMember } from '@/lib/members';
import { countedBy, isView } from '@/lib/views';

export interface ListedDimension {
  member: string;
  type: ColumnType;
}

/** What a question lists at most. */
export const COUNTED_VALUES = 50;

/** null: the API does not list them. */
export function listedBy(
  { member, type }: ListedDimension,
  models: readonly Model[],
  asOf: AsOf | null,
  search: string,
): ValuesAsked | null {
  if (asOf !== null) return null;
  const own = models.find(({ name }) => name === modelOf(member));
  // What joins lead to stands in a model by its whole name.
  const model = own ?? models.find((entry) => entry.dimensions.some(({ name }) => name === member));
  if (!model) return null;
  const dimension = own ? member.slice(own.name.length + 1) : member;
  if (!model.dimensions.some(({ name }) => name === dimension)) return null;
  return {
    of: isView(model) ? 'views' : 'models',
    name: model.name,
    dimension,
    // Of two values none has to be found, and they are not shown as they are written.
    search: type === 'boolean' ? '' : search,
  };
}

const isNumber = (type: ColumnType): boolean => type === 'integer' || type === 'float';

/** Most frequent values first; `limit + 1` tells whether there are more. */
export function countedValues(
  { member, type }: ListedDimension,
  models: readonly Model[],
  asOf: AsOf | null,
  search: string,
): SemanticQuery {
  // A dimension of a joined model is counted by the model that has the join.
  const model =
    models.find((entry) => member.startsWith(`${entry.name}.`)) ??
    models.find((entry) => entry.dimensions.some(({ name }) => name === member));
  const counts = model ? countedBy(model) : [];
  const count = counts.find((measure) => measure.kind === 'count') ?? counts[0];
  const measures = count && model ? [toMember(count.name, model.name)] : [];
  const query: SemanticQuery = { measures, dimensions: [member], limit: COUNTED_VALUES + 1, asOf };
  if (measures[0] !== undefined) query.order = [[measures[0], 'desc']];
  // A question looks for text in text only, and a number is equal or not.
  const isSearched = type === 'string' || (isNumber(type) && !Number.isNaN(Number(search)));
  if (search === '' || !isSearched) return query;
  query.filters = isNumber(type)
    ? [{ member, operator: 'equals', values: [Number(search)] }]
    : [{ member, operator: 'contains', values: [search] }];
  return query;
}
