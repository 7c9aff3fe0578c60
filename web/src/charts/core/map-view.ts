// Which part of a map is looked at: the whole of it, which holds all places, or a nearer look at something within that. In the
// degrees of the projection, so that another size of the picture shows the same. Pure.

/** What holds all places. */
export interface MapWhole {
  width: number;
  height: number;
  /** Its middle: a longitude, and how far north as the projection counts it. */
  x: number;
  y: number;
  /** Pixels of a degree. */
  scale: number;
}

export interface MapView {
  x: number;
  y: number;
  /** 1: the whole. */
  zoom: number;
}

/** How much is still across the picture where it cannot be nearer, in degrees: some streets. */
const SPAN_NEAREST = 0.002;

export const wholeView = ({ x, y }: MapWhole): MapView => ({ x, y, zoom: 1 });

export const zoomMost = ({ width, scale }: MapWhole): number =>
  Math.max(1, width / scale / SPAN_NEAREST);

const within = (value: number, low: number, high: number): number =>
  Math.min(high, Math.max(low, value));

/** As near as can be, and nothing beyond the whole. */
export function bounded(whole: MapWhole, { x, y, zoom: wanted }: MapView): MapView {
  const zoom = within(wanted, 1, zoomMost(whole));
  const reach = (pixels: number): number => (pixels / 2 / whole.scale) * (1 - 1 / zoom);
  const [across, up] = [reach(whole.width), reach(whole.height)];
  return {
    x: within(x, whole.x - across, whole.x + across),
    y: within(y, whole.y - up, whole.y + up),
    zoom,
  };
}

/** What was looked at, in what is the whole by now; all of it where that lies elsewhere. */
export function viewOf(whole: MapWhole, kept: MapView | null): MapView {
  const isThere =
    kept !== null &&
    Math.abs(kept.x - whole.x) <= whole.width / 2 / whole.scale &&
    Math.abs(kept.y - whole.y) <= whole.height / 2 / whole.scale;
  return isThere ? bounded(whole, kept) : wholeView(whole);
}

/** Nearer by a factor; what is at a pixel stays there as far as it can. */
export function zoomedAt(
  whole: MapWhole,
  view: MapView,
  by: number,
  at: { x: number; y: number },
): MapView {
  const zoom = within(view.zoom * by, 1, zoomMost(whole));
  const part = (1 / view.zoom - 1 / zoom) / whole.scale;
  return bounded(whole, {
    x: view.x + (at.x - whole.width / 2) * part,
    y: view.y + (whole.height / 2 - at.y) * part,
    zoom,
  });
}

/** What is drawn goes by so many pixels to the right and down. */
export function panned(whole: MapWhole, view: MapView, right: number, down: number): MapView {
  const scale = whole.scale * view.zoom;
  return bounded(whole, { ...view, x: view.x - right / scale, y: view.y + down / scale });
}

/** On the way from one to another, so that what both show at the same pixel does not move meanwhile. */
export function between(from: MapView, to: MapView, share: number): MapView {
  if (share >= 1) return to;
  const zoom = from.zoom * (to.zoom / from.zoom) ** share;
  const part =
    from.zoom === to.zoom ? share : (1 / zoom - 1 / from.zoom) / (1 / to.zoom - 1 / from.zoom);
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part, zoom };
}
