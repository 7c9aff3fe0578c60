// Picture of a heatmap; a click on a cell filters by its row.
import { useMemo } from 'react';
import { Heatmap } from '@/charts/heatmap';
import { NothingToDraw } from '../nothing-to-draw';
import type { WidgetViewProps } from '../widget-kind';
import { toSeries } from './to-series';

export default function HeatmapView(props: WidgetViewProps) {
  const { widget, result, comparison, models, colors, zone, live, onFilter } = props;
  const spec = useMemo(
    () => toSeries({ widget, result, comparison, models, colors, zone, live }),
    [widget, result, comparison, models, colors, zone, live],
  );
  if (!spec) return <NothingToDraw kind={widget.kind} />;
  return (
    <Heatmap
      spec={spec}
      onPickCell={
        onFilter
          ? (row) => {
              if (row !== spec.otherRow) onFilter(spec.rowMember, spec.rowValues[row] ?? null);
            }
          : undefined
      }
    />
  );
}
