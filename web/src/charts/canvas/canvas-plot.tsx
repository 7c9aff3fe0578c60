// Marks of a chart on canvas: live and dense pictures. Axis, tooltip and words are drawn by the frame
// around it.
import { useCallback } from 'react';
import type { ThemeMode } from '@/theme/palette';
import type { Geometry } from '../core/geometry';
import type { ChartSpec } from '../core/spec';
import { drawList } from './draw-list';
import { DrawnCanvas } from './drawn-canvas';
import { paint } from './paint';

export interface PlotProps {
  spec: ChartSpec;
  geometry: Geometry;
  mode: ThemeMode;
}

export function CanvasPlot({ spec, geometry, mode }: PlotProps) {
  const draw = useCallback(
    (context: CanvasRenderingContext2D) => {
      const shown = spec.series.filter((series) => series.role === 'value').length;
      paint(context, drawList(spec, geometry), { mode, dashBySlot: shown > 4 });
    },
    [spec, geometry, mode],
  );
  return <DrawnCanvas width={geometry.width} height={geometry.height} draw={draw} />;
}
