// Layout of points on a map: Web Mercator, in which a degree is as long across as it is up, so that shapes keep their angles;
// the part of the world that holds all points, lines of whole degrees over what is looked at, areas that go by a measure. Pure.
import type { AxisLabel, Rect } from './geometry';
import type { MapView, MapWhole } from './map-view';

export interface MapPlace {
  latitude: number;
  longitude: number;
  /** What the area of the mark goes by; null: there is no number. */
  size: number | null;
  /** What its colour goes by; null: there is no number. */
  shade: number | null;
}

export interface MapMark {
  /** Which of the places it is. */
  place: number;
  x: number;
  y: number;
  radius: number;
  /** Where its value stands among all, 0 to 1. */
  share: number | null;
}

/** A mark where it is on earth, in degrees of the projection. */
type MapSpot = Omit<MapMark, 'x' | 'y'> & { east: number; north: number };

/** What is the same from wherever one looks. */
export interface MapSurvey {
  whole: MapWhole;
  /** The largest first, so that small ones are drawn over them. */
  spots: MapSpot[];
  sizes: [number, number] | null;
  shades: [number, number] | null;
}

export interface MapGeometry {
  plot: Rect;
  /** As the spots, also those that are not in sight. */
  marks: MapMark[];
  parallels: AxisLabel[];
  meridians: AxisLabel[];
}

/** Where the projection is as high as it is wide. */
const LATITUDE_MOST = 85.0511;
/** The least part of the world that is shown, in degrees: a point alone is not looked at through a microscope. */
const SPAN_LEAST = 0.02;
const LINE_DISTANCE = 72;
const STEPS = [
  0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30,
  45,
];

/** Degrees of latitude as high as those of longitude are wide. */
export function northing(latitude: number): number {
  const bounded = Math.min(LATITUDE_MOST, Math.max(-LATITUDE_MOST, latitude));
  const angle = (bounded * Math.PI) / 180;
  return (Math.log(Math.tan(Math.PI / 4 + angle / 2)) * 180) / Math.PI;
}

/** The latitude that is so far north in the projection. */
const latitudeAt = (north: number): number =>
  (Math.atan(Math.exp((north * Math.PI) / 180)) * 360) / Math.PI - 90;

export const isPlace = (latitude: number | null, longitude: number | null): boolean =>
  latitude !== null &&
  longitude !== null &&
  Math.abs(latitude) <= 90 &&
  longitude >= -180 &&
  longitude <= 360;

/** -180 up to 180. */
const around = (longitude: number): number => ((((longitude + 180) % 360) + 360) % 360) - 180;

/**
 * The longitude where a map begins. Places that lie together across the date line are beside each other; those of all the
 * world are where people know them.
 */
export function westOf(longitudes: readonly number[]): number {
  const sorted = longitudes.map(around).sort((a, b) => a - b);
  const [first = -180] = sorted;
  let west = first;
  let widest = 180;
  sorted.forEach((longitude, index) => {
    const gap = longitude - (sorted[index - 1] ?? longitude);
    if (gap > widest) [west, widest] = [longitude, gap];
  });
  return west;
}

function extent(values: readonly (number | null)[]): [number, number] | null {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value === null) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low <= high ? [low, high] : null;
}

function degrees(value: number, step: number, [positive, negative]: readonly [string, string]) {
  const decimals = step >= 1 ? 0 : Math.ceil(-Math.log10(step));
  const text = `${Math.abs(value).toFixed(decimals)}\u00b0`;
  return Number(value.toFixed(decimals)) === 0 || Math.abs(value) === 180
    ? text
    : text + (value > 0 ? positive : negative);
}

/** Multiples of a step within bounds. */
function multiples(low: number, high: number, step: number): number[] {
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.max(0, Math.floor(high / step + 1e-9) - first + 1);
  return Array.from({ length: count }, (_, index) => (first + index) * step);
}

export function mapSurvey(places: readonly MapPlace[], wide: number, high: number): MapSurvey {
  const [width, height] = [Math.max(10, wide), Math.max(10, high)];
  const west = westOf(places.map(({ longitude }) => longitude));
  const projected = places.map(({ latitude, longitude }) => {
    const east = around(longitude);
    return { east: east < west ? east + 360 : east, north: northing(latitude) };
  });
  const [left, right] = extent(projected.map(({ east }) => east)) ?? [-180, 180];
  const [bottom, top] = extent(projected.map(({ north }) => north)) ?? [-60, 80];
  // Large where there are few: an area is compared with others only when it is seen.
  const most = Math.min(
    22,
    Math.max(4, Math.sqrt((width * height) / (16 * Math.max(1, places.length)))),
  );
  const edge = Math.min(most + 6, width / 4, height / 4);
  const scale = Math.min(
    (width - 2 * edge) / Math.max(right - left, SPAN_LEAST),
    (height - 2 * edge) / Math.max(top - bottom, SPAN_LEAST),
  );
  const whole = { width, height, x: (left + right) / 2, y: (bottom + top) / 2, scale };

  const sizes = extent(places.map(({ size }) => size));
  const shades = extent(places.map(({ shade }) => shade));
  const greatest = sizes ? Math.max(Math.abs(sizes[0]), Math.abs(sizes[1])) : 0;
  const range = shades ? shades[1] - shades[0] : 0;
  const spots = projected
    .map(({ east, north }, place): MapSpot => {
      const { size = null, shade = null } = places[place] ?? {};
      const part = size === null || greatest === 0 ? 0 : Math.max(0, size) / greatest;
      return {
        place,
        east,
        north,
        // By area, not by width, as it is seen; never so small that it is not.
        radius: Math.max(2.5, most * Math.sqrt(part)),
        share: shade === null || !shades ? null : range === 0 ? 1 : (shade - shades[0]) / range,
      };
    })
    .sort((a, b) => b.radius - a.radius || a.place - b.place);
  return { whole, spots, sizes, shades };
}

const xAt = ({ width, scale }: MapWhole, { x, zoom }: MapView, east: number): number =>
  width / 2 + (east - x) * scale * zoom;
const yAt = ({ height, scale }: MapWhole, { y, zoom }: MapView, north: number): number =>
  height / 2 - (north - y) * scale * zoom;

export function mapGeometry({ whole, spots }: MapSurvey, view: MapView): MapGeometry {
  const { width, height } = whole;
  const plot: Rect = { left: 0, top: 0, width, height };
  const scale = whole.scale * view.zoom;
  const xOf = (east: number): number => xAt(whole, view, east);
  const yOf = (north: number): number => yAt(whole, view, north);
  const marks = spots.map(({ place, east, north, radius, share }): MapMark => ({
    place,
    x: xOf(east),
    y: yOf(north),
    radius,
    share,
  }));

  const step = STEPS.find((candidate) => candidate * scale >= LINE_DISTANCE) ?? 90;
  const across = width / 2 / scale;
  // Each meridian once, however much room there is beside the world.
  const meridians = multiples(
    Math.max(view.x - across, whole.x - 180),
    Math.min(view.x + across, whole.x + 180),
    step,
  ).map((x) => ({
    at: xOf(x),
    text: degrees(around(x), step, ['E', 'W']),
    anchor: 'middle' as const,
  }));
  const up = height / 2 / scale;
  const parallels = multiples(
    Math.max(-LATITUDE_MOST, latitudeAt(view.y - up)),
    Math.min(LATITUDE_MOST, latitudeAt(view.y + up)),
    step,
  ).map((latitude) => ({
    at: yOf(northing(latitude)),
    text: degrees(latitude, step, ['N', 'S']),
    anchor: 'start' as const,
  }));
  return { plot, marks, parallels, meridians };
}

/** Whether the middle of a mark is in sight. */
export const isInSight = (
  { width, height }: MapWhole,
  { x, y }: Pick<MapMark, 'x' | 'y'>,
): boolean => x >= 0 && x <= width && y >= 0 && y <= height;

/** Whether a view shows the middle of a mark, drawn or not. */
export const isShownIn = (whole: MapWhole, view: MapView, { east, north }: MapSpot): boolean =>
  isInSight(whole, { x: xAt(whole, view, east), y: yAt(whole, view, north) });

/** The mark that is meant by a pixel: the one that it is in the most, or near to. */
export function markAt(marks: readonly MapMark[], x: number, y: number): number | null {
  let [found, nearest] = [null as number | null, 8];
  marks.forEach((mark, index) => {
    const beyond = Math.hypot(mark.x - x, mark.y - y) - mark.radius;
    // Those behind are drawn over those before.
    if (beyond < nearest || (beyond <= 0 && nearest <= 0)) [found, nearest] = [index, beyond];
  });
  return found;
}
