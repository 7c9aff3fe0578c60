// The table without a pivot: a column for every member, and beside a measure what it was before. What all other values make
// together comes last; what that was before nobody has asked. Pure.
import type { Cell, QueryResult } from '@/api/types';
import { withOthers } from '@/lib/others';
import { unfinishedTest } from '@/lib/comparison';
import { isRangeRunning, runningBuckets, SO_FAR } from '@/lib/running-period';
import { matchBefore } from './compare';
import { grandTotal, groupOfRow, partsOf, tableColumn, totalBy } from './table-model';
import type { ResultPart, TableColumn, TableModel } from './table-model';

export interface FlatInput {
  /** Name of the model. */
  model: string;
  result: QueryResult;
  before: QueryResult | null;
  /** Whether the columns of the comparison stand there, also while it is awaited. */
  compare: boolean;
  zone: string;
}

const number = (value: Cell | undefined): number | null =>
  typeof value === 'number' ? value : null;

export const difference = (now: Cell, before: Cell): number | null => {
  const [a, b] = [number(now), number(before)];
  return a === null || b === null ? null : a - b;
};

/** As a share of what was; nothing where that was nothing. */
export const change = (now: Cell, before: Cell): number | null => {
  const [a, b] = [number(now), number(before)];
  return a === null || b === null || b === 0 ? null : (a - b) / Math.abs(b);
};

/** What is so far only: by row, and in total where times stand below each other, of which all of the period before was asked. */
interface SoFar {
  rows: ReadonlySet<number>;
  total: boolean;
  /** What a reader is told of it. */
  note: string | null;
}

function soFarOf(result: QueryResult, heads: readonly ResultPart[], zone: string): SoFar {
  const time = heads.find(({ column }) => column.role === 'time' && column.grain);
  const goesOn = isRangeRunning(result.provenance);
  if (!time) {
    const note = goesOn ? 'Compared with as much of the period before' : null;
    return { rows: new Set(), total: false, note };
  }
  const runs = unfinishedTest(result.provenance, time.column, zone);
  const rows = time.values.flatMap((value, row) => (runs(Date.parse(String(value))) ? [row] : []));
  const some = rows.length > 0 || goesOn;
  return {
    rows: new Set(rows),
    total: goesOn,
    note: some ? `What is ${SO_FAR} is not compared with a whole period` : null,
  };
}

function compared(
  part: ResultPart,
  before: Cell[],
  model: string,
  soFar: ReadonlySet<number>,
): { column: TableColumn; values: Cell[] }[] {
  const { column, values } = part;
  const base = { ...tableColumn(column, false, model), orderBy: null };
  return [
    {
      column: { ...base, name: `${column.name} before`, label: `${column.label} before` },
      values: before,
    },
    {
      column: { ...base, name: `${column.name} difference`, label: 'Difference' },
      values: values.map((value, row) =>
        soFar.has(row) ? null : difference(value, before[row] ?? null),
      ),
    },
    {
      column: {
        ...base,
        name: `${column.name} change`,
        label: 'Change',
        type: 'float',
        format: '+,.1%',
      },
      values: values.map((value, row) =>
        soFar.has(row) ? null : change(value, before[row] ?? null),
      ),
    },
  ];
}

export function flatTable(input: FlatInput): TableModel {
  const { model, result, before, compare } = input;
  const all = withOthers(result);
  const shown = { ...result, data: all.data };
  const { heads, measures } = partsOf(shown);
  const rowOf = before === null ? null : matchBefore(result, before, input.zone);
  const earlier = before === null ? [] : partsOf(before).measures;
  const now = grandTotal(result);
  const then = grandTotal(before);
  const soFar = soFarOf(result, heads, input.zone);
  const columns: TableColumn[] = [];
  const data: Cell[][] = [];
  const footer: Cell[] = [];
  for (const head of heads) {
    columns.push({
      ...tableColumn(head.column, true, model),
      calendar: result.provenance.calendar,
      running: runningBuckets(shown, head.column),
    });
    data.push(head.values);
    footer.push(null);
  }
  for (const part of measures) {
    const { name } = part.column;
    columns.push(tableColumn(part.column, true, model));
    data.push(part.values);
    footer.push(now.get(name) ?? null);
    if (!compare) continue;
    const old = earlier.find(({ column }) => column.name === name)?.values ?? [];
    const matched = part.values.map((_, row) => {
      const place = rowOf?.[row];
      return place === undefined || place < 0 ? null : (old[place] ?? null);
    });
    for (const { column, values } of compared(part, matched, model, soFar.rows)) {
      columns.push(column);
      data.push(values);
    }
    const [a, b] = [now.get(name) ?? null, then.get(name) ?? null];
    footer.push(b, ...(soFar.total ? [null, null] : [difference(a, b), change(a, b)]));
  }
  return {
    columns,
    data,
    rowCount: all.rowCount,
    others: all.column < 0 ? null : all,
    footer: totalBy(result, []) === null ? null : footer,
    groupOf: (row) => groupOfRow(heads, row),
    note: compare ? soFar.note : null,
  };
}
