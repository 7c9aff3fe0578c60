// The table with one dimension across: a row for each group of the others, a column for each of its values and measures.
// Sums at the edges come with the answer. Pure.
import type { Calendar, Cell, QueryResult } from '@/api/types';
import { formatCell } from '@/lib/format';
import { toMember } from '@/lib/members';
import { OTHER_LABEL, withOthers } from '@/lib/others';
import { runningBuckets, SO_FAR } from '@/lib/running-period';
import {
  grandTotal,
  groupOfRow,
  keyOf,
  othersBy,
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

const acrossLabel = (
  value: Cell,
  part: ResultPart,
  zone: string,
  calendar: Calendar | null | undefined,
): string =>
  value === null ? '(no value)' : formatCell(value, { ...part.column, zone, calendar });

/** No value is written like this: those are JSON. */
const OTHER_KEY = 'other';

interface Group {
  first: number;
  cells: Map<string, number>;
}

export function pivotTable(input: PivotInput): TableModel | null {
  const { model, result, across, zone } = input;
  const { calendar } = result.provenance;
  const merged = withOthers(result);
  const shown = { ...result, data: merged.data };
  const { heads, measures } = partsOf(shown);
  const turned = heads.find(({ column }) => column.name === across);
  if (!turned || measures.length === 0) return null;
  const left = heads.filter((head) => head !== turned);
  // All other values together are a column where their dimension stands across, else the last rows.
  const otherMember = result.columns[merged.column]?.name;
  const isColumn = otherMember === across;
  const isOther = (row: number): boolean => row >= merged.from;
  const leftOfOther = left.filter(({ column }) => column.name !== otherMember);

  const groups = new Map<string, Group>();
  for (let row = 0; row < merged.rowCount; row += 1) {
    const key =
      isOther(row) && !isColumn
        ? `${OTHER_KEY}\u0001${rowKey(leftOfOther, row)}`
        : rowKey(left, row);
    const group = groups.get(key) ?? { first: row, cells: new Map() };
    const cell = isOther(row) && isColumn ? OTHER_KEY : keyOf(turned.values[row] ?? null);
    group.cells.set(cell, row);
    groups.set(key, group);
  }
  const rows = [...groups.entries()];
  const named = isColumn ? turned.values.slice(0, merged.from) : turned.values;
  const all = inOrder({ ...turned, values: named });
  const values = all.slice(0, MOST_ACROSS);
  const fromOther = isColumn ? -1 : rows.findIndex(([, { first }]) => isOther(first));

  const columns: TableColumn[] = left.map(({ column }) => ({
    ...tableColumn(column, true, model),
    calendar,
    running: runningBuckets(shown, column),
  }));
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
  const places: string[] = [];
  const running = runningBuckets(shown, turned.column);
  const standing = values.map((value) => ({
    key: keyOf(value),
    label: `${acrossLabel(value, turned, zone, calendar)}${running?.has(value) ? ` (${SO_FAR})` : ''}`,
    total: below.get(keyOf(value)),
  }));
  if (isColumn) {
    const total = totalsByRow(othersBy(result, [])).get('');
    standing.push({ key: OTHER_KEY, label: OTHER_LABEL, total });
  }
  for (const { key, label, total } of standing) {
    const other = key === OTHER_KEY;
    for (const measure of measures) {
      columns.push({
        ...tableColumn(measure.column, !other, model),
        name: `${measure.column.name} ${key}`,
        label: measures.length === 1 ? label : `${label} · ${measure.column.label}`,
        orderBy: null,
        other,
      });
      data.push(
        rows.map(([, { cells }]) => {
          const row = cells.get(key);
          return row === undefined ? null : (measure.values[row] ?? null);
        }),
      );
      footer.push(total?.get(measure.column.name) ?? null);
      places.push(key);
    }
  }
  if (rowTotals !== null) {
    const beside = totalsByRow(rowTotals);
    const besideOther = totalsByRow(
      othersBy(
        result,
        leftOfOther.map(({ column }) => column.name),
      ),
    );
    const grand = grandTotal(result);
    for (const { column } of measures) {
      columns.push({
        ...tableColumn(column, false, model),
        name: `${column.name} all`,
        label: measures.length === 1 ? 'Total' : `Total · ${column.label}`,
        orderBy: null,
      });
      data.push(
        rows.map(([key, { first }]) => {
          const total =
            isOther(first) && !isColumn
              ? besideOther.get(rowKey(leftOfOther, first))
              : beside.get(key);
          return total?.get(column.name) ?? null;
        }),
      );
      footer.push(grand.get(column.name) ?? null);
    }
  }
  return {
    columns,
    data,
    rowCount: rows.length,
    others:
      fromOther < 0
        ? null
        : { from: fromOther, column: left.findIndex(({ column }) => column.name === otherMember) },
    footer: left.length === 0 || columnTotals === null ? null : footer,
    groupOf: (row, column): CellGroup => {
      const first = rows[row]?.[1].first ?? 0;
      const place = places[column - left.length];
      const cell = place === undefined ? undefined : rows[row]?.[1].cells.get(place);
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
