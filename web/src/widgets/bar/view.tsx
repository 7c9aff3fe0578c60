// Picture of bars; a click on a bar filters the dashboard by its value.
import { ChartView } from '../chart-view';
import type { WidgetViewProps } from '../widget-kind';
import { toSeries } from './to-series';

export default function BarView(props: WidgetViewProps) {
  return <ChartView {...props} toSeries={toSeries} />;
}
