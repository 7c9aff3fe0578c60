// The pure parts of the data table: order of rows, widths of columns, text for the clipboard.
import type { Calendar, Cell, ColumnType, Grain } from '@/api/types';
import { formatCell } from '@/lib/format';
import { SO_FAR } from '@/lib/running-period';

export interface Sort {
  column: number;
  direction: 'asc' | 'desc';
}

interface ModelColumn {
  label: string;
  type: ColumnType;
  format?: string | null;
  grain?: Grain | null;
  calendar?: Calendar | null | undefined;
  zone?: string;
  decimals?: number | null;
  running?: ReadonlySet<Cell> | undefined;
}

export function isNumeric(type: ColumnType | undefined): boolean {
  return type === 'integer' || type === 'float';
}

function compare(a: Cell, b: Cell, words: Intl.Collator): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  return words.compare(String(a), String(b));
}

// Row numbers in the order of display. Missing values come last in both directions; equal rows keep
// the order in which they came. Rows from `lastFrom` on stay behind all others.
export function orderRows(
  columns: ModelColumn[],
  data: Cell[][],
  rowCount: number,
  sort: Sort | null,
  lastFrom = rowCount,
): Int32Array {
  const order = Int32Array.from({ length: rowCount }, (_, row) => row);
  const values = sort === null ? undefined : data[sort.column];
  if (sort === null || values === undefined) return order;
  const sign = sort.direction === 'asc' ? 1 : -1;
  const type = columns[sort.column]?.type;
  // Times are RFC 3339 in one zone: comparing their characters is comparing the instants.
  const plain = type === 'timestamp' || type === 'date';
  const words = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });
  return order.sort((one, other) => {
    if (one >= lastFrom !== other >= lastFrom) return one >= lastFrom ? 1 : -1;
    const a = values[one] ?? null;
    const b = values[other] ?? null;
    if (a === null || b === null) return a === b ? one - other : a === null ? 1 : -1;
    const result = plain ? (a < b ? -1 : a > b ? 1 : 0) : compare(a, b, words);
    return result === 0 ? one - other : sign * result;
  });
}

const sampled = 60;
const characterWidth = 7;
const padding = 26;

// Widths that fit the labels and a sample of the values, within reason.
export function columnWidths(columns: ModelColumn[], data: Cell[][], rowCount: number): number[] {
  const step = Math.max(1, Math.floor(rowCount / sampled));
  return columns.map((column, index) => {
    let longest = column.label.length + 2;
    for (let row = 0; row < rowCount; row += step) {
      const text = formatCell(data[index]?.[row], column);
      longest = Math.max(longest, text.length);
    }
    for (const value of column.running ?? [])
      longest = Math.max(longest, formatCell(value, column).length + 1 + SO_FAR.length);
    return Math.round(Math.min(Math.max(longest, 5), 38) * characterWidth + padding);
  });
}

// Raw, not formatted: what is pasted elsewhere should be the value.
export function textOfCell(value: Cell | undefined): string {
  return value === null || value === undefined ? '' : String(value);
}

// Turns rows (as previews come) into columns.
export function toColumnar(rows: Cell[][], columnCount: number): Cell[][] {
  return Array.from({ length: columnCount }, (_, column) => rows.map((row) => row[column] ?? null));
}
