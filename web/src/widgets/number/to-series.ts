// The one value of a number widget, and the one before it.
import type { QueryResult, Widget, Model } from '@/api/types';
import { lowerIsBetter, numberAt, readColumns } from '../result-columns';

export interface NumberValue {
  value: number | null;
  before: number | null;
  label: string;
  format: string | null;
  lowerIsBetter: boolean;
}

export function toSeries(
  widget: Widget,
  result: QueryResult,
  comparison: QueryResult | null,
  models: readonly Model[],
): NumberValue | null {
  const measure = readColumns(result).measures[0];
  if (!measure) return null;
  const before = comparison ? readColumns(comparison).measures[0] : undefined;
  return {
    value: numberAt(measure.values, 0),
    before: before ? numberAt(before.values, 0) : null,
    label: measure.column.label,
    format: widget.options?.format ?? measure.column.format ?? null,
    lowerIsBetter: widget.options?.lower_is_better ?? lowerIsBetter(measure.column.name, models),
  };
}
