// What the table shows: columns, their values, the row of totals, and for every cell which rows are behind it. Pure.
import type { Cell, QueryResult, ResultColumn, Subtotal } from '@/api/types';
import type { DataColumn, OtherRows } from '@/components/data-table';
import { fromMember } from '@/lib/members';
import type { CellGroup, ResultPart } from '@/lib/result-group';

export { groupOfRow } from '@/lib/result-group';
export type { CellGroup, Member, ResultPart } from '@/lib/result-group';

export interface TableColumn extends DataColumn {
  /** The member that ordering by this head orders by; null: nothing. */
  orderBy: string | null;
  /** Whether its cells have a group of rows behind them. */
  opens: boolean;
  /** The measure whose values it has, without its model. */
  measure: string | null;
}

export interface TableModel {
  columns: TableColumn[];
  data: Cell[][];
  rowCount: number;
  /** The rows of all other values together, behind which nothing opens; null: there are none. */
  others: OtherRows | null;
  /** In the order of the columns; null while there are none. */
  footer: Cell[] | null;
  groupOf: (row: number, column: number) => CellGroup;
  /** What is not shown, in words. */
  note: string | null;
}

export const keyOf = (value: Cell): string => JSON.stringify(value ?? null);

export const rowKey = (heads: readonly { values: Cell[] }[], row: number): string =>
  heads.map(({ values }) => keyOf(values[row] ?? null)).join('\u0001');

export interface Parts {
  heads: ResultPart[];
  measures: ResultPart[];
}

export function partsOf(result: Pick<QueryResult, 'columns' | 'data'>): Parts {
  const all = result.columns.map((column, index) => ({
    column,
    values: result.data[index] ?? [],
  }));
  return {
    heads: all.filter(({ column }) => column.role !== 'measure'),
    measures: all.filter(({ column }) => column.role === 'measure'),
  };
}

export const tableColumn = (column: ResultColumn, opens: boolean, model: string): TableColumn => ({
  name: column.name,
  label: column.label,
  type: column.type,
  grain: column.grain ?? null,
  format: column.format,
  orderBy: fromMember(column.name, model),
  opens,
  measure: column.role === 'measure' ? fromMember(column.name, model) : null,
});

/** The total that keeps these members apart; none where no measure has one. */
export const totalBy = (result: QueryResult | null, by: readonly string[]): Subtotal | null =>
  result?.totals?.find(
    (total) =>
      !total.others &&
      total.columns.length > by.length &&
      total.by.length === by.length &&
      by.every((member) => total.by.includes(member)),
  ) ?? null;

/** The total of all other values that keeps these members apart. */
export const othersBy = (result: QueryResult, by: readonly string[]): Subtotal | null =>
  result.totals?.find(
    (total) =>
      total.others === true &&
      total.by.length === by.length &&
      by.every((member) => total.by.includes(member)),
  ) ?? null;

/** Values of the measures of a total, by its groups and by member. */
export function totalsByRow(total: Subtotal | null): Map<string, Map<string, Cell>> {
  const found = new Map<string, Map<string, Cell>>();
  if (total === null) return found;
  const { heads, measures } = partsOf(total);
  for (let row = 0; row < (total.data[0]?.length ?? 0); row += 1) {
    found.set(
      rowKey(heads, row),
      new Map(measures.map(({ column, values }) => [column.name, values[row] ?? null])),
    );
  }
  return found;
}

/** Values of the measures of the grand total, by member. */
export const grandTotal = (result: QueryResult | null): Map<string, Cell> =>
  totalsByRow(totalBy(result, [])).get('') ?? new Map<string, Cell>();

/** Labels of the measures of a grouped answer that have no total: places among groups, or what counts from bucket to bucket. */
export function withoutTotal(result: QueryResult): string[] {
  const { heads, measures } = partsOf(result);
  const total = grandTotal(result);
  return heads.length === 0
    ? []
    : measures.filter(({ column }) => !total.has(column.name)).map(({ column }) => column.label);
}
