// A heatmap on canvas: cells, labels that fit, a colour key, and the same reading as every chart.
import Box from '@mui/material/Box';
import { useCallback, useId, useMemo, useRef, useState } from 'react';
import { visuallyHidden } from '@/components/announcer';
import { formatNumber } from '@/lib/format';
import { useThemeMode } from '@/theme/theme-mode';
import { ColourKey } from './colour-key';
import { heatGeometry } from './core/heat-geometry';
import { AXIS_FONT_SIZE, measureText } from './core/measure-text';
import { MarkFoot } from './mark-foot';
import { MarkPicture } from './mark-picture';
import type { MarkLabel } from './mark-picture';
import { TooltipBox } from './tooltip-box';
import { nextIndex } from './use-chart-reader';
import { useElementSize } from './use-element-size';
import { usePointed } from './use-pointed';

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

interface CellPlace {
  row: number;
  column: number;
}

export interface HeatmapProps {
  spec: HeatSpec;
  onPickCell?: ((row: number, column: number) => void) | undefined;
}

export function Heatmap({ spec, onPickCell }: HeatmapProps) {
  const mode = useThemeMode();
  const frame = useRef<HTMLDivElement>(null);
  const footId = useId();
  const { width, height } = useElementSize(frame);
  // By keyboard.
  const [read, setRead] = useState<CellPlace | null>(null);
  const dark = mode === 'dark';
  const geometry = useMemo(
    () =>
      width > 0 && height > 0
        ? heatGeometry(spec.columns, spec.rows, spec.values, width, height, dark, measureText)
        : null,
    [spec, width, height, dark],
  );

  const draw = useCallback(
    (context: CanvasRenderingContext2D) => {
      context.font = `${AXIS_FONT_SIZE}px "Inter Variable", system-ui, sans-serif`;
      context.textAlign = 'center';
      context.textBaseline = 'middle';
      for (const cell of geometry?.cells ?? []) {
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
    },
    [geometry, spec.format],
  );
  const labels = useMemo((): MarkLabel[] => {
    if (!geometry) return [];
    const { plot, rowLabels, columnLabels } = geometry;
    return [
      ...rowLabels.map(({ at, text }): MarkLabel => ({
        text,
        x: plot.left - 8,
        y: at + AXIS_FONT_SIZE * 0.32,
        anchor: 'end',
        tick: 'value',
      })),
      ...columnLabels.map(({ at, text }): MarkLabel => ({
        text,
        x: at,
        y: plot.top + plot.height + AXIS_FONT_SIZE + 5,
        anchor: 'middle',
        tick: 'place',
      })),
    ];
  }, [geometry]);

  const leave = (): void => setRead(null);
  const find = (x: number, y: number): CellPlace | null => {
    if (!geometry) return null;
    const { plot } = geometry;
    const inside =
      x >= plot.left && x <= plot.left + plot.width && y >= plot.top && y <= plot.top + plot.height;
    return inside ? { row: geometry.rowAt(y), column: geometry.columnAt(x) } : null;
  };
  const pointer = usePointed(frame, find, leave);
  const place = read ?? pointer.pointed;

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
        aria-describedby={spec.note ? footId : undefined}
        data-chart="heatmap"
        {...pointer.handlers}
        onClick={(event) => {
          const at = pointer.at(event);
          if (at) onPickCell?.(at.row, at.column);
        }}
        onBlur={leave}
        onKeyDown={(event) => {
          if (event.key === 'Escape' && place) {
            event.stopPropagation();
            leave();
            pointer.clear();
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
          setRead({ ...here, ...(across ? { column: next } : { row: next }) });
        }}
        sx={{
          position: 'relative',
          flex: 1,
          minHeight: 0,
          borderRadius: 0.5,
          touchAction: 'pan-y',
        }}
      >
        {geometry && (
          <MarkPicture width={width} height={height} draw={draw} labels={labels}>
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
          </MarkPicture>
        )}
        {place && geometry && (
          <TooltipBox
            x={cell?.x ?? 0}
            y={cell?.y ?? 0}
            w={cell?.w ?? 0}
            title={`${spec.rows[place.row] ?? ''} \u00b7 ${spec.columnNames[place.column] ?? ''}`}
          >
            {spec.measureLabel}{' '}
            <strong>
              {formatNumber(spec.values[place.row]?.[place.column] ?? null, spec.format, 'full')}
            </strong>
          </TooltipBox>
        )}
        <span role="status" aria-live="polite" style={visuallyHidden}>
          {read ? words(read.row, read.column) : ''}
        </span>
      </Box>
      <MarkFoot>
        <ColourKey
          low={geometry ? format(geometry.domain[0]) : ''}
          high={geometry ? format(geometry.domain[1]) : ''}
          dark={dark}
        />
        {spec.note && (
          <span id={footId} style={{ marginLeft: 8 }}>
            {spec.note}
          </span>
        )}
      </MarkFoot>
    </Box>
  );
}
