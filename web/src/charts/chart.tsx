// A chart: axis, marks by one of two renderers, pointer and keyboard reading, legend, words. The only
// component other modules use for lines, areas and bars; heatmaps are in heatmap.tsx.
import Box from '@mui/material/Box';
import { visuallyHidden } from '@/components/announcer';
import { lazy, Suspense, useId, useMemo, useRef } from 'react';
import { useThemeMode } from '@/theme/theme-mode';
import { AxisLayer } from './axis-layer';
import { CanvasPlot } from './canvas/canvas-plot';
import { slotColour } from './canvas/paint';
import { geometryOf, nearestPlace } from './core/geometry';
import { measureText } from './core/measure-text';
import { measureFormats } from './core/number-formats';
import { placeLabel, readPlace, summarize } from './core/reading';
import { otherPlace, rendererFor } from './core/spec';
import type { ChartSeries, ChartSpec } from './core/spec';
import { Legend } from './legend';
import { SharedCrosshair } from './shared-crosshair';
import { Tooltip } from './tooltip';
import { useChartReader } from './use-chart-reader';
import { useElementSize } from './use-element-size';
import { useHiddenSeries } from './use-hidden-series';
import { usePointed } from './use-pointed';

const RechartsPlot = lazy(() => import('./recharts/recharts-plot'));

export interface ChartProps {
  spec: ChartSpec;
  /** A place was chosen by click or Enter. */
  onPickPlace?: ((index: number) => void) | undefined;
  onPickSeries?: ((series: ChartSeries) => void) | undefined;
}

export function Chart({ spec: whole, onPickPlace, onPickSeries }: ChartProps) {
  const mode = useThemeMode();
  const { shown: spec, hidden, toggle } = useHiddenSeries(whole);
  const frame = useRef<HTMLDivElement>(null);
  const { width, height } = useElementSize(frame);
  const hintId = useId();
  const formats = useMemo(() => measureFormats(spec), [spec]);
  const geometry = useMemo(
    () =>
      width > 0 && height > 0 ? geometryOf(spec, width, height, formats.ticks, measureText) : null,
    [spec, width, height, formats],
  );
  const count = geometry?.count ?? spec.x.values.length;
  const other = otherPlace(spec);
  const pick = onPickPlace;
  const reader = useChartReader(count, pick);
  const summary = useMemo(() => summarize(spec, formats.full), [spec, formats]);
  const pointer = usePointed(
    frame,
    (x, y) => geometry && nearestPlace(geometry, x, y),
    reader.leave,
  );
  const hovered = pointer.pointed !== null && pointer.pointed < count ? pointer.pointed : null;
  const active = reader.index ?? hovered;
  const renderer = rendererFor(spec);
  const left = spec.x.values.length - count;

  const at = geometry && active !== null ? geometry.position(active) : 0;
  const flat = geometry?.orientation === 'horizontal';
  return (
    <Box sx={{ display: 'flex', flexDirection: 'column', height: '100%', minHeight: 0 }}>
      <Legend spec={whole} mode={mode} onPick={onPickSeries} hidden={hidden} onToggle={toggle} />
      <Box
        ref={frame}
        role="group"
        tabIndex={0}
        aria-roledescription="chart"
        aria-label={summary}
        aria-describedby={hintId}
        data-chart={spec.kind}
        onKeyDown={reader.onKeyDown}
        onBlur={reader.leave}
        {...pointer.handlers}
        onClick={(event) => {
          const place = pointer.at(event);
          if (place !== null) pick?.(place);
        }}
        sx={{
          position: 'relative',
          flex: 1,
          minHeight: 0,
          touchAction: 'pan-y',
          borderRadius: 0.5,
          cursor: pick && hovered !== null && hovered !== other ? 'pointer' : 'default',
        }}
      >
        {geometry && (
          <>
            {active !== null && <Highlight at={at} geometry={geometry} />}
            <AxisLayer geometry={geometry} />
            {renderer === 'canvas' ? (
              <CanvasPlot spec={spec} geometry={geometry} mode={mode} />
            ) : (
              <Suspense fallback={<span aria-busy="true" />}>
                <RechartsPlot spec={spec} geometry={geometry} mode={mode} />
              </Suspense>
            )}
            {spec.x.type === 'time' && (
              <SharedCrosshair chartId={hintId} axis={spec.x} geometry={geometry} active={active} />
            )}
            {active !== null && geometry.band === 0 && (
              <svg
                width={width}
                height={height}
                aria-hidden
                style={{ position: 'absolute', inset: 0, pointerEvents: 'none' }}
              >
                {spec.kind === 'line' &&
                  spec.series.map((series) => {
                    const value = series.values[active];
                    return value === null || value === undefined ? null : (
                      <circle
                        key={series.id}
                        cx={at}
                        cy={geometry.value(value)}
                        r={3.5}
                        fill={slotColour(series.slot, mode)}
                        stroke="var(--tm-palette-background-paper)"
                        strokeWidth={1.5}
                      />
                    );
                  })}
              </svg>
            )}
            {active !== null && (
              <Tooltip
                spec={spec}
                index={active}
                x={flat ? geometry.plot.left + geometry.plot.width * 0.5 : at}
                y={flat ? at : geometry.plot.top + 24}
                mode={mode}
              />
            )}
          </>
        )}
        <span id={hintId} style={visuallyHidden}>
          Use the arrow keys to read {placeCount(spec)}
          {pick ? ', Enter to filter by one' : ''}.
        </span>
        <span role="status" aria-live="polite" style={visuallyHidden}>
          {reader.index === null ? '' : readPlace(spec, reader.index, formats.full)}
        </span>
      </Box>
      {(spec.note !== null || left > 0) && (
        <Box sx={{ typography: 'caption', color: 'text.secondary', pt: 0.5 }}>
          {[spec.note, left > 0 ? `${count} of ${spec.x.values.length} shown` : null]
            .filter(Boolean)
            .join(' · ')}
        </Box>
      )}
    </Box>
  );
}

const placeCount = (spec: ChartSpec): string =>
  spec.x.values.length === 1
    ? placeLabel(spec, 0)
    : `${spec.x.values.length} ${spec.x.type === 'time' ? 'points in time' : 'values'}`;

/** Crosshair of lines, band of bars. */
function Highlight({ at, geometry }: { at: number; geometry: ReturnType<typeof geometryOf> }) {
  const { plot, band, orientation } = geometry;
  const thickness = band === 0 ? 1 : band + 4;
  const box =
    orientation === 'horizontal'
      ? { left: 0, right: 0, top: at - thickness / 2, height: thickness }
      : { top: plot.top, height: plot.height, left: at - thickness / 2, width: thickness };
  return (
    <Box
      aria-hidden
      sx={{
        position: 'absolute',
        pointerEvents: 'none',
        borderRadius: band === 0 ? 0 : 0.5,
        bgcolor: band === 0 ? 'surface.border' : 'surface.sunken',
      }}
      style={box}
    />
  );
}
