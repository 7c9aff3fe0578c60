// Layout of a heatmap: two bands, a colour scale, labels that fit. Pure, like geometry.ts.
import { scaleBand, scaleSequential } from 'd3-scale';
import { interpolateViridis } from 'd3-scale-chromatic';
import { shorten } from './geometry';
import type { AxisLabel, MeasureText, Rect } from './geometry';
import { labelStride } from './ticks';

export interface HeatCell {
  column: number;
  row: number;
  x: number;
  y: number;
  w: number;
  h: number;
  value: number;
  fill: string;
  /** Black or white, whichever reads better on the fill. */
  ink: '#000000' | '#FFFFFF';
}

export interface HeatGeometry {
  plot: Rect;
  cells: HeatCell[];
  columnLabels: AxisLabel[];
  rowLabels: AxisLabel[];
  domain: [number, number];
  columnAt: (x: number) => number;
  rowAt: (y: number) => number;
}

function luminance(fill: string): number {
  const found = /(\d+)\D+(\d+)\D+(\d+)/.exec(fill);
  const hex = /^#(..)(..)(..)$/.exec(fill);
  const parts = hex
    ? hex.slice(1).map((part) => parseInt(part, 16))
    : (found?.slice(1).map(Number) ?? [0, 0, 0]);
  const linear = parts.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (linear[0] ?? 0) + 0.7152 * (linear[1] ?? 0) + 0.0722 * (linear[2] ?? 0);
}

export const inkOn = (fill: string): '#000000' | '#FFFFFF' =>
  luminance(fill) > 0.179 ? '#000000' : '#FFFFFF';

/** On a dark card the scale starts at dark (little is near the card); on light it is turned round. */
export function heatColour(share: number, dark: boolean): string {
  const inside = 0.06 + 0.9 * Math.min(1, Math.max(0, share));
  return interpolateViridis(dark ? inside : 1 - inside);
}

export function heatGeometry(
  columns: readonly string[],
  rows: readonly string[],
  values: readonly (readonly (number | null)[])[],
  width: number,
  height: number,
  dark: boolean,
  measure: MeasureText,
): HeatGeometry {
  const labelWidth = Math.min(width * 0.3, Math.max(16, ...rows.map(measure)));
  const left = Math.ceil(labelWidth) + 8;
  const plot: Rect = {
    left,
    top: 2,
    width: Math.max(10, width - left - 4),
    height: Math.max(10, height - 22),
  };
  // Two pixels between cells, none when they are small.
  const gapShare = (count: number, length: number): number =>
    length / Math.max(1, count) < 8 ? 0 : (2 * count) / length;
  const across = scaleBand<number>()
    .domain(columns.map((_, index) => index))
    .range([plot.left, plot.left + plot.width])
    .paddingInner(gapShare(columns.length, plot.width));
  const down = scaleBand<number>()
    .domain(rows.map((_, index) => index))
    .range([plot.top, plot.top + plot.height])
    .paddingInner(gapShare(rows.length, plot.height));
  let low = Infinity;
  let high = -Infinity;
  for (const row of values) {
    for (const value of row) {
      if (value === null) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  if (!Number.isFinite(low)) [low, high] = [0, 1];
  const share = scaleSequential((t: number) => t).domain([low, high === low ? low + 1 : high]);
  const cells: HeatCell[] = [];
  values.forEach((row, at) => {
    row.forEach((value, column) => {
      if (value === null) return;
      const fill = heatColour(share(value), dark);
      cells.push({
        column,
        row: at,
        x: across(column) ?? 0,
        y: down(at) ?? 0,
        w: across.bandwidth(),
        h: down.bandwidth(),
        value,
        fill,
        ink: inkOn(fill),
      });
    });
  });
  const columnStride = labelStride(
    columns.length,
    Math.max(0, ...columns.map(measure)),
    plot.width,
  );
  const rowStride = labelStride(rows.length, 12, plot.height, 2);
  const clampIndex = (value: number, count: number): number =>
    Math.min(count - 1, Math.max(0, Math.floor(value)));
  return {
    plot,
    cells,
    domain: [low, high],
    columnLabels: columns.flatMap((text, index) => {
      if (index % columnStride !== 0) return [];
      const half = measure(text) / 2;
      const at = Math.min(width - half, (across(index) ?? 0) + across.bandwidth() / 2);
      return [{ at, text, anchor: 'middle' as const }];
    }),
    rowLabels: rows.flatMap((text, index) =>
      index % rowStride === 0
        ? [
            {
              at: (down(index) ?? 0) + down.bandwidth() / 2,
              text: shorten(text, labelWidth, measure),
              anchor: 'end' as const,
            },
          ]
        : [],
    ),
    columnAt: (x) => clampIndex(((x - plot.left) / plot.width) * columns.length, columns.length),
    rowAt: (y) => clampIndex(((y - plot.top) / plot.height) * rows.length, rows.length),
  };
}
