// A heatmap on canvas: cells, labels that fit, a colour key, and the same reading as every chart.
import Box from '@mui/material/Box';
import { useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { PointerEvent } from 'react';
import { visuallyHidden } from '@/components/announcer';
import { formatNumber } from '@/lib/format';
import { useThemeMode } from '@/theme/theme-mode';
import { prepare } from './canvas/paint';
import { ColourKey } from './colour-key';
import { heatGeometry } from './core/heat-geometry';
import { AXIS_FONT_SIZE, measureText } from './core/measure-text';
import { MarkTooltip } from './mark-tooltip';
import { nextIndex } from './use-chart-reader';
import { useElementSize } from './use-element-size';

export interface HeatSpec {
  title: string;
  measureLabel: string;
  format: string | null;
  columns: string[];
  /** Longer form of the column names for tooltips, when the axis shortens them. */
  columnNames: string[];
  rows: string[];
  values: (number | null)[][];
  note: string | null;
}

export interface HeatmapProps {
  spec: HeatSpec;
  onPickCell?: ((row: number, column: number) => void) | undefined;
}

export function Heatmap({ spec, onPickCell }: HeatmapProps) {
  const mode = useThemeMode();
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const { width, height } = useElementSize(frame);
  const [place, setPlace] = useState<{ row: number; column: number; spoken: boolean } | null>(null);
  const dark = mode === 'dark';
  const geometry = useMemo(
    () =>
      width > 0 && height > 0
        ? heatGeometry(spec.columns, spec.rows, spec.values, width, height, dark, measureText)
        : null,
    [spec, width, height, dark],
  );

  useLayoutEffect(() => {
    const element = canvas.current;
    if (!element || !geometry) return;
    const context = prepare(element, width, height);
    if (!context) return;
    context.font = `${AXIS_FONT_SIZE}px "Inter Variable", system-ui, sans-serif`;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    for (const cell of geometry.cells) {
      context.fillStyle = cell.fill;
      context.beginPath();
      context.roundRect(cell.x, cell.y, cell.w, cell.h, Math.min(3, cell.w / 4, cell.h / 4));
      context.fill();
      const text = formatNumber(cell.value, spec.format, 'compact');
      if (cell.h >= 14 && measureText(text) + 6 <= cell.w) {
        context.fillStyle = cell.ink;
        context.fillText(text, cell.x + cell.w / 2, cell.y + cell.h / 2 + 0.5);
      }
    }
  }, [geometry, width, height, spec.format]);

  const move = (event: PointerEvent): void => {
    if (!geometry || !frame.current) return;
    const box = frame.current.getBoundingClientRect();
    const x = event.clientX - box.left;
    const y = event.clientY - box.top;
    const { plot } = geometry;
    const inside =
      x >= plot.left && x <= plot.left + plot.width && y >= plot.top && y <= plot.top + plot.height;
    setPlace(
      inside ? { row: geometry.rowAt(y), column: geometry.columnAt(x), spoken: false } : null,
    );
  };

  const words = (row: number, column: number): string =>
    `${spec.rows[row] ?? ''}, ${spec.columnNames[column] ?? ''}: ${formatNumber(spec.values[row]?.[column] ?? null, spec.format, 'full')}`;
  const format = (value: number): string => formatNumber(value, spec.format, 'compact');
  const cell = place
    ? geometry?.cells.find((entry) => entry.row === place.row && entry.column === place.column)
    : undefined;

  return (
    <Box sx={{ display: 'flex', flexDirection: 'column', height: '100%', minHeight: 0 }}>
      <Box
        ref={frame}
        role="group"
        tabIndex={0}
        aria-roledescription="heatmap"
        aria-label={`${spec.measureLabel} by ${spec.rows.length} rows and ${spec.columns.length} columns.`}
        data-chart="heatmap"
        onPointerMove={move}
        onPointerDown={move}
        onPointerLeave={() => setPlace(null)}
        onClick={() => place && onPickCell?.(place.row, place.column)}
        onBlur={() => setPlace(null)}
        onKeyDown={(event) => {
          if (event.key === 'Escape' && place) {
            event.stopPropagation();
            setPlace(null);
            return;
          }
          if (event.key === 'Enter' && place) {
            onPickCell?.(place.row, place.column);
            return;
          }
          const across = event.key === 'ArrowLeft' || event.key === 'ArrowRight';
          const at = place ? (across ? place.column : place.row) : null;
          const next = nextIndex(event.key, at, across ? spec.columns.length : spec.rows.length);
          if (next === null || event.ctrlKey || event.metaKey) return;
          event.preventDefault();
          const here = place ?? { row: 0, column: 0 };
          setPlace({ ...here, ...(across ? { column: next } : { row: next }), spoken: true });
        }}
        sx={{ position: 'relative', flex: 1, minHeight: 0, borderRadius: 0.5 }}
      >
        <canvas
          ref={canvas}
          aria-hidden
          data-renderer="canvas"
          style={{ position: 'absolute', inset: 0, width, height, pointerEvents: 'none' }}
        />
        {geometry && (
          <svg
            width={width}
            height={height}
            aria-hidden
            data-axis
            fontSize={AXIS_FONT_SIZE}
            style={{ position: 'absolute', inset: 0, pointerEvents: 'none' }}
          >
            <g fill="var(--tm-palette-text-secondary)">
              {geometry.rowLabels.map((label) => (
                <text
                  key={label.at}
                  x={geometry.plot.left - 8}
                  y={label.at}
                  dy="0.32em"
                  textAnchor="end"
                  data-tick="value"
                >
                  {label.text}
                </text>
              ))}
              {geometry.columnLabels.map((label) => (
                <text
                  key={label.at}
                  x={label.at}
                  y={geometry.plot.top + geometry.plot.height + AXIS_FONT_SIZE + 5}
                  textAnchor="middle"
                  data-tick="place"
                >
                  {label.text}
                </text>
              ))}
            </g>
            {cell && (
              <rect
                x={cell.x}
                y={cell.y}
                width={cell.w}
                height={cell.h}
                rx={2}
                fill="none"
                stroke="var(--tm-palette-text-primary)"
                strokeWidth={2}
              />
            )}
          </svg>
        )}
        {place && geometry && (
          <MarkTooltip
            x={cell?.x ?? 0}
            y={cell?.y ?? 0}
            w={cell?.w ?? 0}
            width={width}
            title={`${spec.rows[place.row] ?? ''} \u00b7 ${spec.columnNames[place.column] ?? ''}`}
          >
            {spec.measureLabel}{' '}
            <strong>
              {formatNumber(spec.values[place.row]?.[place.column] ?? null, spec.format, 'full')}
            </strong>
          </MarkTooltip>
        )}
        <span role="status" aria-live="polite" style={visuallyHidden}>
          {place?.spoken ? words(place.row, place.column) : ''}
        </span>
      </Box>
      <Box
        sx={{
          display: 'flex',
          alignItems: 'center',
          gap: 1.5,
          pt: 1,
          minHeight: 20,
          flex: 'none',
          typography: 'caption',
          color: 'text.secondary',
        }}
      >
        <ColourKey
          low={geometry ? format(geometry.domain[0]) : ''}
          high={geometry ? format(geometry.domain[1]) : ''}
          dark={dark}
        />
        {spec.note && <span style={{ marginLeft: 8 }}>{spec.note}</span>}
      </Box>
    </Box>
  );
}
