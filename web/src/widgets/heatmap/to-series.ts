// Cells of a heatmap: rows by the first dimension, columns by time or the second one; all other values together come last.
import { tickLabel } from '@/charts/core/time-labels';
import { GRAIN_MS, unitsOf } from '@/lib/zoned-time';
import type { HeatSpec } from '@/charts/heatmap';
import type { Cell } from '@/api/types';
import { OTHER_LABEL } from '@/lib/others';
import { runningTest, SO_FAR } from '@/lib/running-period';
import { readWithOthers } from '../read-with-others';
import { numberAt } from '../result-columns';
import type { ReadColumn } from '../result-columns';
import { calendarOf, filledBuckets, textOf } from '../result-to-chart';
import type { ChartInput } from '../result-to-chart';

export interface HeatInput extends HeatSpec {
  rowMember: string;
  rowValues: Cell[];
  columnMember: string | null;
  columnValues: Cell[];
  /** The row of all other values, by which nothing can be filtered; -1: there is none. */
  otherRow: number;
}

const MOST_ROWS = 100;
const MOST_COLUMNS = 400;

/** Numbers by size, everything else as people sort names; missing values last. */
export function inOrder(values: readonly Cell[]): Cell[] {
  const words = new Intl.Collator(undefined, { numeric: true });
  return [...new Set(values)].sort((a, b) => {
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    if (typeof a === 'number' && typeof b === 'number') return a - b;
    return words.compare(String(a), String(b));
  });
}

export function toSeries(input: ChartInput): HeatInput | null {
  const { widget, result, zone } = input;
  const read = readWithOthers(result);
  const measure = read.measures[0];
  const down = read.dimensions[0];
  const across = read.time ?? read.dimensions[1];
  if (!measure || !down || !across) return null;
  const grain = read.time?.column.grain ?? null;
  const units = unitsOf(read.time?.column.interval);
  const instant = (value: Cell): number => Date.parse(String(value));
  const named = ({ column, values }: ReadColumn): Cell[] =>
    values.filter((_, row) => !read.isOther({ column, values }, row));
  const hasOther = (entry: ReadColumn): boolean =>
    read.rowCount > 0 && read.isOther(entry, read.rowCount - 1);
  const allRows = inOrder(named(down));
  const allColumns: Cell[] = read.time
    ? filledBuckets(across.values.map(instant), grain, zone, units)
    : inOrder(named(across));
  const rows = allRows.slice(0, MOST_ROWS);
  const columns = allColumns.slice(-MOST_COLUMNS);
  const rowAt = new Map(rows.map((value, index) => [value, index]));
  const columnAt = new Map(columns.map((value, index) => [value, index]));
  const otherRow = hasOther(down) ? rows.length : -1;
  const otherColumn = hasOther(across) ? columns.length : -1;
  const beside = (other: number): string[] => (other < 0 ? [] : [OTHER_LABEL]);
  const width = columns.length + beside(otherColumn).length;
  const values = [...rows, ...beside(otherRow)].map(() =>
    new Array<number | null>(width).fill(null),
  );
  for (let row = 0; row < read.rowCount; row += 1) {
    const value = across.values[row] ?? null;
    const at = read.isOther(down, row) ? otherRow : rowAt.get(down.values[row] ?? null);
    const column = read.isOther(across, row)
      ? otherColumn
      : columnAt.get(read.time ? instant(value) : value);
    const line = at === undefined ? undefined : values[at];
    if (line && column !== undefined) line[column] = numberAt(measure.values, row);
  }
  const step = GRAIN_MS[grain ?? 'day'];
  const calendar = calendarOf(input);
  const runs = runningTest(result.provenance);
  const left = [
    allRows.length > rows.length ? `first ${rows.length} of ${allRows.length} rows` : null,
    allColumns.length > columns.length ? `last ${columns.length} columns` : null,
  ].filter(Boolean);
  return {
    title: widget.title,
    measureLabel: measure.column.label,
    format: widget.options?.format ?? measure.column.format ?? null,
    rows: [...rows.map((value) => textOf(value, down, input)), ...beside(otherRow)],
    columns: [
      ...columns.map((value) =>
        read.time ? tickLabel(Number(value), zone, step, calendar) : textOf(value, across, input),
      ),
      ...beside(otherColumn),
    ],
    columnNames: [
      ...columns.map((value) =>
        read.time
          ? textOf(new Date(Number(value)).toISOString(), across, input) +
            (runs(Number(value)) ? ` (${SO_FAR})` : '')
          : textOf(value, across, input),
      ),
      ...beside(otherColumn),
    ],
    values,
    note: left.length > 0 ? left.join(', ') : null,
    rowMember: down.column.name,
    rowValues: rows,
    columnMember: read.time ? null : across.column.name,
    columnValues: columns,
    otherRow,
  };
}
