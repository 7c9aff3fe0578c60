// The one value of a number widget, and the one before it.
import type { QueryResult, Widget, Model } from '@/api/types';
import { unfinishedTest } from '@/lib/comparison';
import { isRangeRunning, runningBuckets } from '@/lib/running-period';
import { lowerIsBetter, numberAt, readColumns } from '../result-columns';

export interface NumberValue {
  value: number | null;
  before: number | null;
  label: string;
  format: string | null;
  lowerIsBetter: boolean;
  /** More may come: it is of a bucket that is still running, or of a range that goes on beyond the data. */
  soFar: boolean;
  /** What it is held against: all of the period before, as much of it, or, where that cannot be asked, nothing. */
  against: 'whole' | 'part' | 'nothing';
}

export function toSeries(
  widget: Widget,
  result: QueryResult,
  comparison: QueryResult | null,
  models: readonly Model[],
): NumberValue | null {
  const { time, measures } = readColumns(result);
  const measure = measures[0];
  if (!measure) return null;
  const value = numberAt(measure.values, 0);
  const running = time?.column.grain
    ? runningBuckets(result, time.column)?.has(time.values[0] ?? null) === true
    : isRangeRunning(result.provenance);
  // Of a range as much was asked of the period before; buckets are whole there.
  const isPart = time?.column.grain
    ? unfinishedTest(
        result.provenance,
        time.column,
        result.provenance.timezone,
      )(Date.parse(String(time.values[0])))
    : running;
  const before = comparison ? readColumns(comparison).measures[0] : undefined;
  return {
    value,
    before: before ? numberAt(before.values, 0) : null,
    label: measure.column.label,
    format: widget.options?.format ?? measure.column.format ?? null,
    lowerIsBetter: widget.options?.lower_is_better ?? lowerIsBetter(measure.column.name, models),
    soFar: value !== null && running,
    against: !isPart ? 'whole' : time?.column.grain ? 'nothing' : 'part',
  };
}
