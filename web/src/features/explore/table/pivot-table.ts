// The table with one dimension across: a row for each group of the others, a column for each of its values and measures.
// Sums at the edges come with the answer. Pure.
import type { Cell, QueryResult } from '@/api/types';
import { formatCell } from '@/lib/format';
import { toMember } from '@/lib/members';
import {
  grandTotal,
  groupOfRow,
  keyOf,
  partsOf,
  rowKey,
  tableColumn,
  totalBy,
  totalsByRow,
} from './table-model';
import type { CellGroup, ResultPart, TableColumn, TableModel } from './table-model';

export interface PivotInput {
  /** Name of the model. */
  model: string;
  result: QueryResult;
  /** Full name of the member that stands across. */
  across: string;
  zone: string;
}

/** More columns nobody reads, and each is drawn. */
export const MOST_ACROSS = 60;

/** In the order of the values, those without one last: columns stay where they are when rows are ordered anew. */
function inOrder(part: ResultPart): Cell[] {
  const values = [...new Map(part.values.map((value) => [keyOf(value), value])).values()];
  const words = new Intl.Collator(undefined, { numeric: true });
  const order = (a: Cell, b: Cell): number => {
    if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
    if (typeof a === 'number' && typeof b === 'number') return a - b;
    return part.column.role === 'time'
      ? Date.parse(String(a)) - Date.parse(String(b))
      : words.compare(String(a), String(b));
  };
  return values.sort(order);
}

export const acrossLabel = (value: Cell, part: ResultPart, zone: string): string =>
  value === null ? '(no value)' : formatCell(value, { ...part.column, zone });

export function pivotTable(input: PivotInput): TableModel | null {
  const { model, result, across, zone } = input;
  const { heads, measures } = partsOf(result);
  const turned = heads.find(({ column }) => column.name === across);
  if (!turned || measures.length === 0) return null;
  const left = heads.filter((head) => head !== turned);

  const groups = new Map<string, { first: number; cells: Map<string, number> }>();
  for (let row = 0; row < result.row_count; row += 1) {
    const key = rowKey(left, row);
    const group = groups.get(key) ?? { first: row, cells: new Map() };
    group.cells.set(keyOf(turned.values[row] ?? null), row);
    groups.set(key, group);
  }
  const all = inOrder(turned);
  const values = all.slice(0, MOST_ACROSS);
  const rows = [...groups.entries()];

  const columns: TableColumn[] = left.map((head) => tableColumn(head.column, true, model));
  const data: Cell[][] = left.map((head) =>
    rows.map(([, { first }]) => head.values[first] ?? null),
  );
  const columnTotals = totalBy(result, [across]);
  const rowTotals = totalBy(
    result,
    left.map(({ column }) => column.name),
  );
  const below = totalsByRow(columnTotals);
  const footer: Cell[] = left.map(() => null);
  const places: { value: Cell }[] = [];
  for (const value of values) {
    const key = keyOf(value);
    const label = acrossLabel(value, turned, zone);
    for (const measure of measures) {
      columns.push({
        ...tableColumn(measure.column, true, model),
        name: `${measure.column.name} ${key}`,
        label: measures.length === 1 ? label : `${label} · ${measure.column.label}`,
        orderBy: null,
      });
      data.push(
        rows.map(([, { cells }]) => {
          const row = cells.get(key);
          return row === undefined ? null : (measure.values[row] ?? null);
        }),
      );
      footer.push(below.get(key)?.get(measure.column.name) ?? null);
      places.push({ value });
    }
  }
  if (rowTotals !== null) {
    const beside = totalsByRow(rowTotals);
    const grand = grandTotal(result);
    for (const { column } of measures) {
      columns.push({
        ...tableColumn(column, false, model),
        name: `${column.name} all`,
        label: measures.length === 1 ? 'Total' : `Total · ${column.label}`,
        orderBy: null,
      });
      data.push(rows.map(([key]) => beside.get(key)?.get(column.name) ?? null));
      footer.push(grand.get(column.name) ?? null);
    }
  }
  return {
    columns,
    data,
    rowCount: rows.length,
    footer: left.length === 0 || columnTotals === null ? null : footer,
    groupOf: (row, column): CellGroup => {
      const first = rows[row]?.[1].first ?? 0;
      const place = places[column - left.length];
      const cell = place && rows[row]?.[1].cells.get(keyOf(place.value));
      return cell === undefined ? groupOfRow(left, first) : groupOfRow(heads, cell);
    },
    note:
      all.length > values.length
        ? `First ${values.length} of ${all.length} values of ${turned.column.label} stand across`
        : null,
  };
}

export const isAcross = (pivot: string | null, model: string, result: QueryResult): boolean =>
  pivot !== null && result.columns.some(({ name }) => name === toMember(pivot, model));
