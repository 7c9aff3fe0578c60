// Points on a map, on canvas: lines of whole degrees and no picture of the world, which would have to come from elsewhere; areas
// and colours by measures, and the same reading as every chart.
import Box from '@mui/material/Box';
import { useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { PointerEvent } from 'react';
import { visuallyHidden } from '@/components/announcer';
import { formatCount, formatNumber } from '@/lib/format';
import { surfaces } from '@/theme/palette';
import { useThemeMode } from '@/theme/theme-mode';
import { prepare, slotColour } from './canvas/paint';
import { ColourKey } from './colour-key';
import { heatColour } from './core/heat-geometry';
import { mapGeometry, markAt } from './core/map-geometry';
import type { MapPlace } from './core/map-geometry';
import { AXIS_FONT_SIZE, measureText } from './core/measure-text';
import { MarkTooltip } from './mark-tooltip';
import { useChartReader } from './use-chart-reader';
import { useElementSize } from './use-element-size';

interface MapMeasure {
  label: string;
  format: string | null;
}

export interface MapSpec {
  title: string;
  places: MapPlace[];
  /** What each place is called; empty: by its degrees. */
  names: string[];
  size: MapMeasure;
  shade: MapMeasure | null;
  note: string | null;
}

export interface PointMapProps {
  spec: MapSpec;
  onPick?: ((place: number) => void) | undefined;
}

const half = (value: number, [positive, negative]: readonly [string, string]): string =>
  `${Math.abs(value).toFixed(4)}\u00b0 ${value < 0 ? negative : positive}`;

const degreesOf = ({ latitude, longitude }: MapPlace): string =>
  `${half(latitude, ['N', 'S'])}, ${half(longitude, ['E', 'W'])}`;

export function PointMap({ spec, onPick }: PointMapProps) {
  const mode = useThemeMode();
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const { width, height } = useElementSize(frame);
  const [pointed, setPointed] = useState<number | null>(null);
  const { places, names, size, shade } = spec;
  const geometry = useMemo(
    () => (width > 0 && height > 0 ? mapGeometry(places, width, height) : null),
    [places, width, height],
  );
  const marks = useMemo(() => geometry?.marks ?? [], [geometry]);
  const pick = (index: number): void => {
    const mark = marks[index];
    if (mark) onPick?.(mark.place);
  };
  const reader = useChartReader(marks.length, pick);
  const dark = mode === 'dark';

  useLayoutEffect(() => {
    const element = canvas.current;
    if (!element || !geometry) return;
    const context = prepare(element, width, height);
    if (!context) return;
    const { line, card } = surfaces[mode];
    context.strokeStyle = line;
    context.lineWidth = 1;
    context.beginPath();
    for (const { at } of geometry.meridians) {
      context.moveTo(Math.round(at) + 0.5, 0);
      context.lineTo(Math.round(at) + 0.5, height);
    }
    for (const { at } of geometry.parallels) {
      context.moveTo(0, Math.round(at) + 0.5);
      context.lineTo(width, Math.round(at) + 0.5);
    }
    context.stroke();
    context.strokeStyle = card;
    for (const { x, y, radius, share } of geometry.marks) {
      context.fillStyle =
        shade === null
          ? slotColour(0, mode)
          : share === null
            ? slotColour(-1, mode)
            : heatColour(share, dark);
      context.lineWidth = Math.min(1, radius / 5);
      context.beginPath();
      context.arc(x, y, radius, 0, Math.PI * 2);
      // What lies beneath is seen.
      context.globalAlpha = 0.7;
      context.fill();
      context.globalAlpha = 1;
      context.stroke();
    }
  }, [geometry, width, height, mode, dark, shade]);

  const move = (event: PointerEvent): void => {
    if (!frame.current) return;
    const box = frame.current.getBoundingClientRect();
    setPointed(markAt(marks, event.clientX - box.left, event.clientY - box.top));
  };

  const full = (value: number | null, { format }: MapMeasure): string =>
    formatNumber(value, format, 'full');
  const said = (place: MapPlace): [string, string][] => [
    [size.label, full(place.size, size)],
    ...(shade ? [[shade.label, full(place.shade, shade)] as [string, string]] : []),
  ];
  const nameOf = (index: number, place: MapPlace): string => names[index] || degreesOf(place);
  const mark = marks[reader.index ?? pointed ?? -1];
  const place = mark ? places[mark.place] : undefined;
  const compact = (value: number | undefined, format: string | null): string =>
    value === undefined ? '' : formatNumber(value, format, 'compact');

  return (
    <Box sx={{ display: 'flex', flexDirection: 'column', height: '100%', minHeight: 0 }}>
      <Box
        ref={frame}
        role="group"
        tabIndex={0}
        aria-roledescription="map"
        aria-label={`${size.label} at ${formatCount(places.length, 'place')}.`}
        data-chart="map"
        onPointerMove={move}
        onPointerDown={move}
        onPointerLeave={() => setPointed(null)}
        onClick={() => pointed !== null && pick(pointed)}
        onKeyDown={reader.onKeyDown}
        onBlur={reader.onBlur}
        sx={{
          position: 'relative',
          flex: 1,
          minHeight: 0,
          borderRadius: 0.5,
          cursor: onPick && pointed !== null ? 'pointer' : undefined,
        }}
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
              {geometry.parallels.map(({ at, text }) => (
                <text key={text} x={4} y={at - 4} data-tick="value">
                  {text}
                </text>
              ))}
              {geometry.meridians
                .filter(({ at, text }) => at + measureText(text) + 6 < width)
                .map(({ at, text }) => (
                  <text key={at} x={at + 4} y={height - 4} data-tick="place">
                    {text}
                  </text>
                ))}
            </g>
            {mark && (
              <circle
                cx={mark.x}
                cy={mark.y}
                r={mark.radius + 1}
                fill="none"
                stroke="var(--tm-palette-text-primary)"
                strokeWidth={2}
              />
            )}
          </svg>
        )}
        {mark && place && (
          <MarkTooltip
            x={mark.x - mark.radius}
            y={mark.y}
            w={2 * mark.radius}
            width={width}
            title={nameOf(mark.place, place)}
          >
            {said(place).map(([label, value]) => (
              <div key={label}>
                {label} <strong>{value}</strong>
              </div>
            ))}
          </MarkTooltip>
        )}
        <span role="status" aria-live="polite" style={visuallyHidden}>
          {reader.index !== null && mark && place
            ? `${nameOf(mark.place, place)}: ${said(place)
                .map(([label, value]) => `${label} ${value}`)
                .join(', ')}`
            : ''}
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
        <span>
          Area: {size.label}
          {geometry?.sizes ? `, up to ${compact(geometry.sizes[1], size.format)}` : ''}
        </span>
        {shade && geometry?.shades && (
          <>
            <span style={{ marginLeft: 8 }}>Colour: {shade.label}</span>
            <ColourKey
              low={compact(geometry.shades[0], shade.format)}
              high={compact(geometry.shades[1], shade.format)}
              dark={dark}
            />
          </>
        )}
        {spec.note && <span style={{ marginLeft: 8 }}>{spec.note}</span>}
      </Box>
    </Box>
  );
}
