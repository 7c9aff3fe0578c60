// Picture of stacked bars.
import { ChartView } from '../chart-view';
import type { WidgetViewProps } from '../widget-kind';
import { toSeries } from './to-series';

export default function StackedBarView(props: WidgetViewProps) {
  return <ChartView {...props} toSeries={toSeries} />;
}
