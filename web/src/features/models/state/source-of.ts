// What a dimension is made of, a column of the dataset or an expression, and whether the server would take that. Pure.
import type { ColumnType, DatasetColumn, FieldProblem, Model, ModelDimension } from '@/api/types';
import { nearest } from '@/lib/near-name';
import { without } from '@/lib/without';

/** In place of a column. No column is called so. */
export const EXPRESSION = ' expression';

/** Without a column and an expression it is the column that is called as the dimension is. */
export const sourceOf = ({ name, column, expression }: ModelDimension): string =>
  expression != null ? EXPRESSION : (column ?? name);

const wider: readonly (readonly [ColumnType, ColumnType])[] = [
  ['float', 'integer'],
  ['timestamp', 'date'],
];

/** Values of the one are told from each other as those of the other, as the server has it. */
const isOfAKind = (one: ColumnType, other: ColumnType): boolean =>
  one === other || wider.some((pair) => pair.includes(one) && pair.includes(other));

/** What was written before a column was chosen, and of which type that is. */
export type Written = Pick<ModelDimension, 'expression' | 'type'>;

/** The same dimension of something else. Its type goes with the column, and comes back with what was `written` before. */
export function withSource(
  dimension: ModelDimension,
  source: string,
  columns: readonly DatasetColumn[],
  written: Written | null = null,
): ModelDimension {
  const rest = without(dimension, 'column', 'expression');
  if (source === EXPRESSION)
    return { ...rest, type: written?.type ?? rest.type, expression: written?.expression ?? '' };
  const found = columns.find(({ name }) => name === source);
  const type = found && !isOfAKind(rest.type, found.type) ? found.type : rest.type;
  return { ...rest, type, column: source };
}

/** What the server would refuse of the columns that were chosen. What stays as it is stored is for the server to judge. */
export function wrongSources(
  model: Model,
  base: Model,
  columns: readonly DatasetColumn[],
): FieldProblem[] {
  if (columns.length === 0) return [];
  return (model.dimensions ?? []).flatMap((dimension, index): FieldProblem[] => {
    const source = sourceOf(dimension);
    const before = base.dimensions.find(({ name }) => name === dimension.name);
    const isStored =
      before !== undefined && sourceOf(before) === source && before.type === dimension.type;
    if (source === EXPRESSION || !source || isStored) return [];
    const found = columns.find(({ name }) => name === source);
    if (found === undefined) {
      const near = nearest(
        source,
        columns.map(({ name }) => name),
      );
      const hint = near === null ? '.' : `; did you mean “${near}”?`;
      return [
        { field: `dimensions[${index}].column`, detail: `There is no column “${source}”${hint}` },
      ];
    }
    if (isOfAKind(dimension.type, found.type)) return [];
    return [
      {
        field: `dimensions[${index}].type`,
        detail: `It is said to be of type ${dimension.type}, and its column is of type ${found.type}.`,
      },
    ];
  });
}
