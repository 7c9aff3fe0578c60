// Marks of a chart on canvas: live and dense pictures. Axis, tooltip and words are drawn by the frame
// around it; the bitmap itself says nothing to a screen reader.
import { useLayoutEffect, useRef } from 'react';
import type { ThemeMode } from '@/theme/palette';
import type { Geometry } from '../core/geometry';
import type { ChartSpec } from '../core/spec';
import { drawList } from './draw-list';
import { paint, prepare } from './paint';

export interface PlotProps {
  spec: ChartSpec;
  geometry: Geometry;
  mode: ThemeMode;
}

export function CanvasPlot({ spec, geometry, mode }: PlotProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { width, height } = geometry;

  useLayoutEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const context = prepare(element, width, height);
    if (!context) return;
    const shown = spec.series.filter((series) => series.role === 'value').length;
    paint(context, drawList(spec, geometry), { mode, dashBySlot: shown > 4 });
  }, [spec, geometry, mode, width, height]);

  return (
    <canvas
      ref={canvas}
      aria-hidden
      data-renderer="canvas"
      style={{ position: 'absolute', inset: 0, width, height, pointerEvents: 'none' }}
    />
  );
}
