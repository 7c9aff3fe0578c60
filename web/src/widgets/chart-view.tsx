// The view that line, area and bar kinds share: specification, chart, and clicks that become filters.
import { useMemo } from 'react';
import type { ChartSpec } from '@/charts/core/spec';
import { Chart } from '@/charts/chart';
import { NothingToDraw } from './nothing-to-draw';
import type { ChartInput } from './result-to-chart';
import type { WidgetViewProps } from './widget-kind';

export interface ChartViewProps extends WidgetViewProps {
  toSeries: (input: ChartInput) => ChartSpec | null;
}

export function ChartView(props: ChartViewProps) {
  const { widget, result, comparison, models, colors, zone, live, onFilter, toSeries } = props;
  const spec = useMemo(
    () => toSeries({ widget, result, comparison, models, colors, zone, live }),
    [toSeries, widget, result, comparison, models, colors, zone, live],
  );
  if (!spec) return <NothingToDraw kind={widget.kind} />;
  const { x } = spec;
  const category = x.type === 'category' && x.member !== null ? x.member : null;
  return (
    <Chart
      spec={spec}
      onPickPlace={
        onFilter && category !== null && x.type === 'category'
          ? (index) => {
              if (index !== x.other) onFilter(category, x.raw[index] ?? null);
            }
          : undefined
      }
      onPickSeries={
        onFilter
          ? (series) => {
              if (series.member !== null) onFilter(series.member, series.raw);
            }
          : undefined
      }
    />
  );
}
