// Picture of a line.
import { ChartView } from '../chart-view';
import type { WidgetViewProps } from '../widget-kind';
import { toSeries } from './to-series';

export default function LineView(props: WidgetViewProps) {
  return <ChartView {...props} toSeries={toSeries} />;
}
