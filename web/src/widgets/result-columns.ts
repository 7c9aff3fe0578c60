// Reading a columnar result: which column is time, which are dimensions, which are measures.
import type { Cell, Model, QueryResult, ResultColumn } from '@/api/types';
import { modelOf } from '@/lib/members';

export interface ReadColumn {
  column: ResultColumn;
  values: Cell[];
}

export interface ReadResult {
  time: ReadColumn | null;
  dimensions: ReadColumn[];
  measures: ReadColumn[];
}

export function readColumns(result: QueryResult): ReadResult {
  const read: ReadResult = { time: null, dimensions: [], measures: [] };
  result.columns.forEach((column, index) => {
    const entry: ReadColumn = { column, values: result.data[index] ?? [] };
    if (column.role === 'measure') read.measures.push(entry);
    else if (column.role === 'time' && !read.time) read.time = entry;
    else read.dimensions.push(entry);
  });
  return read;
}

/** The dimension whose values become series of their own, each in its colour; most charts have none. */
export const splitOf = ({ time, dimensions }: ReadResult): ReadColumn | undefined =>
  time ? dimensions[0] : dimensions[1];

export const numberAt = (values: readonly Cell[], row: number): number | null => {
  const value = values[row];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
};

/** Can values of this measure be added up (for "Other")? */
export function isAdditive(measure: string, models: readonly Model[]): boolean {
  const model = models.find((entry) => entry.name === modelOf(measure));
  const name = measure.slice(measure.indexOf('.') + 1);
  const found = model?.measures.find((entry) => entry.name === name);
  return found?.kind === 'count' || found?.kind === 'sum';
}

export function lowerIsBetter(measure: string, models: readonly Model[]): boolean {
  const model = models.find((entry) => entry.name === modelOf(measure));
  const name = measure.slice(measure.indexOf('.') + 1);
  return model?.measures.find((entry) => entry.name === name)?.lower_is_better ?? false;
}
