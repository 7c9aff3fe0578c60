// Marks of a chart as SVG, by Recharts: static pictures inside the measured caps, for presentation and
// print. Our geometry is handed in as pixels, so Recharts computes no axis, no tick and no layout.
import { Area, AreaChart, Bar, BarChart, Line, LineChart, XAxis, YAxis } from 'recharts';
import { dashes } from '@/theme/palette';
import type { PlotProps } from '../canvas/canvas-plot';
import { isGap, stack } from '../canvas/draw-list';
import { slotColour } from '../canvas/paint';

type Row = Record<string, number | null | [number, number]>;

export default function RechartsPlot({ spec, geometry, mode }: PlotProps) {
  const { plot, domain, orientation, count, band } = geometry;
  const flat = orientation === 'horizontal';
  const values = spec.series.filter((series) => series.role !== 'comparison');
  const stackedBars = spec.kind === 'stacked_bar';
  const stackedAreas = spec.kind === 'area' && values.length > 1;
  const bounds = stackedAreas ? stack(values, count) : null;
  const rows: Row[] = Array.from({ length: count }, (_, index) => {
    const origin = flat ? plot.top : plot.left;
    const row: Row = { place: geometry.position(index) - origin };
    spec.series.forEach((series) => {
      row[series.id] = series.values[index] ?? null;
    });
    values.forEach((series, at) => {
      const range = bounds?.[at]?.[index];
      if (range) row[series.id] = isGap(values, index) ? null : range;
    });
    return row;
  });
  const many = values.length > 4;
  const dashOf = (slot: number, comparison: boolean): string | undefined => {
    if (comparison) return '4 3';
    return many && slot >= 0 ? (dashes[slot] ?? []).join(' ') || undefined : undefined;
  };
  const frame = {
    width: plot.width,
    height: plot.height,
    data: rows,
    margin: { top: 0, right: 0, bottom: 0, left: 0 },
    accessibilityLayer: false,
  };
  const placeAxis = {
    type: 'number' as const,
    dataKey: 'place',
    domain: [0, flat ? plot.height : plot.width] as [number, number],
    hide: true,
    allowDataOverflow: true,
  };
  const valueScale = { type: 'number' as const, domain, hide: true, allowDataOverflow: true };
  const still = { isAnimationActive: false } as const;

  const marks = () => {
    if (spec.kind === 'bar' || spec.kind === 'stacked_bar') {
      return (
        <BarChart
          {...frame}
          layout={flat ? 'vertical' : 'horizontal'}
          barGap={1}
          stackOffset="sign"
        >
          {flat ? <XAxis {...valueScale} /> : <XAxis {...placeAxis} />}
          {flat ? <YAxis {...placeAxis} width={0} /> : <YAxis {...valueScale} width={0} />}
          {values.map((series) => (
            <Bar
              key={series.id}
              {...still}
              dataKey={series.id}
              barSize={band / (stackedBars ? 1 : values.length)}
              {...(stackedBars ? { stackId: 'all' } : {})}
              fill={slotColour(series.slot, mode)}
            />
          ))}
        </BarChart>
      );
    }
    if (spec.kind === 'area') {
      return (
        <AreaChart {...frame}>
          <XAxis {...placeAxis} />
          <YAxis {...valueScale} width={0} />
          {values.map((series) => (
            <Area
              key={series.id}
              {...still}
              type="linear"
              dataKey={series.id}
              dot={false}
              activeDot={false}
              stroke={slotColour(series.slot, mode)}
              strokeWidth={stackedAreas ? 1.25 : 1.75}
              fill={slotColour(series.slot, mode)}
              fillOpacity={stackedAreas ? 0.72 : 0.16}
            />
          ))}
        </AreaChart>
      );
    }
    return (
      <LineChart {...frame}>
        <XAxis {...placeAxis} />
        <YAxis {...valueScale} width={0} />
        {spec.series.map((series) => (
          <Line
            key={series.id}
            {...still}
            type="linear"
            dataKey={series.id}
            dot={false}
            activeDot={false}
            stroke={slotColour(series.slot, mode)}
            strokeWidth={series.role === 'comparison' ? 1.25 : 1.75}
            strokeDasharray={dashOf(series.slot, series.role === 'comparison')}
          />
        ))}
      </LineChart>
    );
  };

  return (
    <div
      aria-hidden
      data-renderer="recharts"
      style={{ position: 'absolute', left: plot.left, top: plot.top, pointerEvents: 'none' }}
    >
      {marks()}
    </div>
  );
}
