// Picture of a map; a click on a place filters by what it is called.
import { useMemo } from 'react';
import { PointMap } from '@/charts/point-map';
import { NothingToDraw } from '../nothing-to-draw';
import type { WidgetViewProps } from '../widget-kind';
import { toSeries } from './to-series';

export default function MapView(props: WidgetViewProps) {
  const { widget, result, comparison, models, colors, zone, live, onFilter } = props;
  const spec = useMemo(
    () => toSeries({ widget, result, comparison, models, colors, zone, live }),
    [widget, result, comparison, models, colors, zone, live],
  );
  if (!spec) return <NothingToDraw kind={widget.kind} />;
  const { member, values } = spec;
  return (
    <PointMap
      spec={spec}
      onPick={
        onFilter && member !== null ? (place) => onFilter(member, values[place] ?? null) : undefined
      }
    />
  );
}
