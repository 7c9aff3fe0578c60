// Points on a map, on canvas: lines of whole degrees and no picture of the world, which would have to come from elsewhere; areas
// and colours by measures, a nearer look at a part of it, and the same reading as every chart.
import Box from '@mui/material/Box';
import { useCallback, useId, useMemo, useRef } from 'react';
import type { KeyboardEvent } from 'react';
import { announce, visuallyHidden } from '@/components/announcer';
import { formatCount, formatNumber } from '@/lib/format';
import { surfaces } from '@/theme/palette';
import { useThemeMode } from '@/theme/theme-mode';
import { slotColour } from './canvas/paint';
import { ColourKey } from './colour-key';
import { heatColour } from './core/heat-geometry';
import { isInSight, isShownIn, mapGeometry, mapSurvey, markAt } from './core/map-geometry';
import type { MapGeometry, MapPlace } from './core/map-geometry';
import { bounded } from './core/map-view';
import { AXIS_FONT_SIZE, measureText } from './core/measure-text';
import { MapControls } from './map-controls';
import { MarkFoot } from './mark-foot';
import { MarkPicture } from './mark-picture';
import type { MarkLabel } from './mark-picture';
import { TooltipBox } from './tooltip-box';
import { nextIndex, useChartReader } from './use-chart-reader';
import { useElementSize } from './use-element-size';
import { changeByKey, useMapView } from './use-map-view';
import { usePointed } from './use-pointed';

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

/** What is under the pointer: by what it is, because an answer that comes meanwhile may have it elsewhere. */
interface PointedPlace extends Pick<MapPlace, 'latitude' | 'longitude'> {
  name: string | undefined;
  /** From where it was looked at. */
  seat: string | null;
}

const half = (value: number, [positive, negative]: readonly [string, string]): string =>
  `${Math.abs(value).toFixed(4)}\u00b0 ${value < 0 ? negative : positive}`;

const degreesOf = ({ latitude, longitude }: MapPlace): string =>
  `${half(latitude, ['N', 'S'])}, ${half(longitude, ['E', 'W'])}`;

/** Beside their lines, where they do not stand on each other or on an edge. */
function labelsOf({ parallels, meridians, plot }: MapGeometry): MarkLabel[] {
  const { width, height } = plot;
  return [
    ...parallels
      .filter(({ at }) => at > AXIS_FONT_SIZE + 4 && at < height - AXIS_FONT_SIZE - 6)
      .map(({ at, text }): MarkLabel => ({
        text,
        x: 4,
        y: at - 4,
        anchor: 'start',
        tick: 'value',
      })),
    ...meridians
      .filter(({ at, text }) => at + measureText(text) + 6 < width)
      .map(({ at, text }): MarkLabel => ({
        text,
        x: at + 4,
        y: height - 4,
        anchor: 'start',
        tick: 'place',
      })),
  ];
}

export function PointMap({ spec, onPick }: PointMapProps) {
  const mode = useThemeMode();
  const frame = useRef<HTMLDivElement>(null);
  const hintId = useId();
  const noteId = useId();
  const { width, height } = useElementSize(frame);
  const { places, names, size, shade } = spec;
  const survey = useMemo(
    () => (width > 0 && height > 0 ? mapSurvey(places, width, height) : null),
    [places, width, height],
  );
  const look = useMapView(frame, survey?.whole ?? null);
  const { view } = look;
  const geometry = useMemo(
    () => (survey && view ? mapGeometry(survey, view) : null),
    [survey, view],
  );
  const marks = useMemo(() => geometry?.marks ?? [], [geometry]);
  const labels = useMemo(() => (geometry ? labelsOf(geometry) : []), [geometry]);
  const pick = (index: number): void => {
    const mark = marks[index];
    if (mark) onPick?.(mark.place);
  };
  const reader = useChartReader(marks.length, pick);
  // Under the pointer until the map moves away from under it.
  const seat = view && `${view.x} ${view.y} ${view.zoom}`;
  const pointer = usePointed(
    frame,
    (x, y): PointedPlace | null => {
      const mark = marks[markAt(marks, x, y) ?? -1];
      const place = mark && places[mark.place];
      return place
        ? { latitude: place.latitude, longitude: place.longitude, name: names[mark.place], seat }
        : null;
    },
    reader.leave,
  );
  const indexOf = ({ latitude, longitude, name }: PointedPlace): number =>
    places.findIndex(
      (place, index) =>
        place.latitude === latitude && place.longitude === longitude && names[index] === name,
    );
  const dark = mode === 'dark';

  const draw = useCallback(
    (context: CanvasRenderingContext2D) => {
      if (!geometry) return;
      const { plot } = geometry;
      const { line, card } = surfaces[mode];
      context.strokeStyle = line;
      context.lineWidth = 1;
      context.beginPath();
      for (const { at } of geometry.meridians) {
        context.moveTo(Math.round(at) + 0.5, 0);
        context.lineTo(Math.round(at) + 0.5, plot.height);
      }
      for (const { at } of geometry.parallels) {
        context.moveTo(0, Math.round(at) + 0.5);
        context.lineTo(plot.width, Math.round(at) + 0.5);
      }
      context.stroke();
      context.strokeStyle = card;
      for (const { x, y, radius, share } of geometry.marks) {
        // Of thousands most are out of sight, from near.
        if (x < -radius || y < -radius || x > plot.width + radius || y > plot.height + radius) {
          continue;
        }
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
    },
    [geometry, mode, dark, shade],
  );

  const full = (value: number | null, { format }: MapMeasure): string =>
    formatNumber(value, format, 'full');
  const said = (place: MapPlace): [string, string][] => [
    [size.label, full(place.size, size)],
    ...(shade ? [[shade.label, full(place.shade, shade)] as [string, string]] : []),
  ];
  const nameOf = (index: number, place: MapPlace): string => names[index] || degreesOf(place);
  const isStill = !look.dragging && pointer.pointed?.seat === seat;
  const hovered = isStill && pointer.pointed ? indexOf(pointer.pointed) : -1;
  const mark =
    reader.index === null ? marks.find((entry) => entry.place === hovered) : marks[reader.index];
  const place = mark ? places[mark.place] : undefined;
  const seen = survey && mark && isInSight(survey.whole, mark) ? mark : undefined;
  const compact = (value: number | undefined, format: string | null): string =>
    value === undefined ? '' : formatNumber(value, format, 'compact');

  /** One step, and what can be seen after it, for who does not see it. */
  const stepBy = (change: ReturnType<typeof changeByKey>): void => {
    const to = change && look.step(change);
    if (!to || !survey) return;
    const left = mapGeometry(survey, to).marks.filter((entry) => isInSight(survey.whole, entry));
    announce(`${left.length} of ${formatCount(places.length, 'place')} in sight`);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const change = look.changeOf(event, seen ?? null);
    if (change) {
      event.preventDefault();
      stepBy(change);
      return;
    }
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    const next = plain ? nextIndex(event.key, reader.index, marks.length) : null;
    const spot = next === null ? undefined : survey?.spots[next];
    // What is read is shown where the map comes to rest, which may not be what is drawn now.
    if (spot) {
      look.step((from, whole) =>
        isShownIn(whole, from, spot)
          ? from
          : bounded(whole, { ...from, x: spot.east, y: spot.north }),
      );
    }
    reader.onKeyDown(event);
  };

  return (
    <Box sx={{ display: 'flex', flexDirection: 'column', height: '100%', minHeight: 0 }}>
      <Box sx={{ position: 'relative', flex: 1, minHeight: 0 }}>
        <Box
          ref={frame}
          role="group"
          tabIndex={0}
          aria-roledescription="map"
          aria-label={`${size.label} at ${formatCount(places.length, 'place')}.`}
          aria-describedby={spec.note ? `${noteId} ${hintId}` : hintId}
          data-chart="map"
          onPointerMove={(event) => {
            look.handlers.onPointerMove(event);
            pointer.handlers.onPointerMove(event);
          }}
          onPointerDown={(event) => {
            look.handlers.onPointerDown(event);
            pointer.handlers.onPointerDown(event);
          }}
          onPointerUp={look.handlers.onPointerUp}
          onPointerCancel={(event) => {
            look.handlers.onPointerCancel(event);
            pointer.handlers.onPointerCancel();
          }}
          onPointerLeave={pointer.handlers.onPointerLeave}
          onClick={(event) => {
            const meant = look.wasDragged() ? null : pointer.at(event);
            if (meant) onPick?.(indexOf(meant));
          }}
          onKeyDown={onKeyDown}
          onBlur={reader.leave}
          sx={{
            position: 'absolute',
            inset: 0,
            borderRadius: 0.5,
            // One finger moves the page where there is nothing of the map beside.
            touchAction: look.isWhole ? 'pan-y' : 'none',
            cursor: look.dragging
              ? 'grabbing'
              : onPick && hovered >= 0
                ? 'pointer'
                : look.isWhole
                  ? undefined
                  : 'grab',
          }}
        >
          {geometry && (
            <MarkPicture width={width} height={height} draw={draw} labels={labels}>
              {seen && (
                <circle
                  cx={seen.x}
                  cy={seen.y}
                  r={seen.radius + 1}
                  fill="none"
                  stroke="var(--tm-palette-text-primary)"
                  strokeWidth={2}
                />
              )}
            </MarkPicture>
          )}
          {seen && place && (
            <TooltipBox
              x={seen.x - seen.radius}
              y={seen.y}
              w={2 * seen.radius}
              title={nameOf(seen.place, place)}
            >
              {said(place).map(([label, value]) => (
                <div key={label}>
                  {label} <strong>{value}</strong>
                </div>
              ))}
            </TooltipBox>
          )}
          <span id={hintId} style={visuallyHidden}>
            Use the arrow keys to read places{onPick ? ', Enter to filter by one' : ''}, plus and
            minus to zoom, Shift with the arrow keys to move the map, zero to show all places.
          </span>
          <span role="status" aria-live="polite" style={visuallyHidden}>
            {reader.index !== null && mark && place
              ? `${nameOf(mark.place, place)}: ${said(place)
                  .map(([label, value]) => `${label} ${value}`)
                  .join(', ')}`
              : ''}
          </span>
        </Box>
      </Box>
      <MarkFoot>
        <span>
          Area: {size.label}
          {survey?.sizes ? `, up to ${compact(survey.sizes[1], size.format)}` : ''}
        </span>
        {shade && survey?.shades && (
          <>
            <span style={{ marginLeft: 8 }}>Colour: {shade.label}</span>
            <ColourKey
              low={compact(survey.shades[0], shade.format)}
              high={compact(survey.shades[1], shade.format)}
              dark={dark}
            />
          </>
        )}
        {spec.note && (
          <span id={noteId} style={{ marginLeft: 8 }}>
            {spec.note}
          </span>
        )}
        <MapControls
          isWhole={look.isWhole}
          isNearest={look.isNearest}
          onPress={(key) => stepBy(changeByKey(key, false, null))}
        />
      </MarkFoot>
    </Box>
  );
}
