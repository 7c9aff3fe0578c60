// Picture of a area.
import { ChartView } from '../chart-view';
import type { WidgetViewProps } from '../widget-kind';
import { toSeries } from './to-series';

export default function AreaView(props: WidgetViewProps) {
  return <ChartView {...props} toSeries={toSeries} />;
}
