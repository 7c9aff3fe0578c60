// Series that somebody does not want to see for a while: what cannot be filtered by is hidden by its name in the legend. All other values
// together may be so large that nothing else can be told apart, and so may one measure beside another.
import { useCallback, useMemo, useState } from 'react';
import type { ChartSeries, ChartSpec } from './core/spec';

export interface HiddenSeries {
  /** The chart without what is hidden. */
  shown: ChartSpec;
  hidden: ReadonlySet<string>;
  toggle: (series: ChartSeries) => void;
}

const isBefore = ({ role }: ChartSeries): boolean => role === 'comparison';

/** The chart without some of its series, and without what these were before; as it is where nothing else would be left. */
export function without(spec: ChartSpec, hidden: ReadonlySet<string>): ChartSpec {
  if (hidden.size === 0) return spec;
  const firstBefore = spec.series.find(isBefore);
  const noBefore = firstBefore !== undefined && hidden.has(firstBefore.id);
  const series = spec.series.filter((entry) =>
    isBefore(entry)
      ? !noBefore && !(entry.of !== undefined && hidden.has(entry.of))
      : !hidden.has(entry.id),
  );
  const [only, ...more] = series.filter((entry) => !isBefore(entry));
  if (!only) return spec;
  // Axis and words are those of the one measure that is left.
  const measure =
    only.measure && more.length === 0 ? { ...only.measure, label: only.label } : spec.measure;
  return { ...spec, series, measure };
}

export function useHiddenSeries(spec: ChartSpec): HiddenSeries {
  const [hidden, setHidden] = useState<ReadonlySet<string>>(() => new Set());
  const shown = useMemo(() => without(spec, hidden), [spec, hidden]);
  const toggle = useCallback(
    ({ id }: ChartSeries) =>
      setHidden((old) => {
        const next = new Set(old);
        if (!next.delete(id)) next.add(id);
        // Of a picture without anything nobody would know what is in it.
        return without(spec, next) === spec && next.size > 0 ? old : next;
      }),
    [spec],
  );
  return { shown, hidden, toggle };
}
