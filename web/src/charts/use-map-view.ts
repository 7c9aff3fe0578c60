// Which part of a map is looked at, and how it is changed: steps by buttons and keys, which glide there where motion is wanted;
// the wheel, two fingers and dragging, which are followed at once. Nothing of it leaves the picture.
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { KeyboardEvent, PointerEvent, RefObject } from 'react';
import { between, panned, viewOf, wholeView, zoomedAt, zoomMost } from './core/map-view';
import type { MapView, MapWhole } from './core/map-view';

const GLIDE_MS = 160;
const STEP = 2;
/** Of the picture, by one key. */
const PAN_SHARE = 0.25;
/** Pixels by which a pointer moves before it drags. */
const SLACK = 4;

interface Point {
  x: number;
  y: number;
}

type Change = (view: MapView, whole: MapWhole) => MapView;

const wantsNoMotion = (): boolean => window.matchMedia('(prefers-reduced-motion: reduce)').matches;

/** What a key does to the view; null: it is no key of ours. Pure. */
export function changeByKey(key: string, shift: boolean, around: Point | null): Change | null {
  const zoom =
    (by: number): Change =>
    (view, whole) =>
      zoomedAt(whole, view, by, around ?? { x: whole.width / 2, y: whole.height / 2 });
  const pan =
    (right: number, down: number): Change =>
    (view, whole) =>
      panned(whole, view, right * PAN_SHARE * whole.width, down * PAN_SHARE * whole.height);
  if (key === '+' || key === '=') return zoom(STEP);
  if (key === '-' || key === '_') return zoom(1 / STEP);
  if (key === '0') return (_, whole) => wholeView(whole);
  if (!shift) return null;
  if (key === 'ArrowLeft') return pan(1, 0);
  if (key === 'ArrowRight') return pan(-1, 0);
  if (key === 'ArrowUp') return pan(0, 1);
  if (key === 'ArrowDown') return pan(0, -1);
  return null;
}

export interface MapLook {
  view: MapView | null;
  isWhole: boolean;
  isNearest: boolean;
  /** Whether the pointer drags the map now. */
  dragging: boolean;
  /** Asked at a click: whether it is the end of a drag, and no click. */
  wasDragged: () => boolean;
  /** By one step; tells where it leads. */
  step: (change: Change) => MapView | null;
  /** The change of a key that is ours. */
  changeOf: (event: KeyboardEvent, around: Point | null) => Change | null;
  handlers: {
    onPointerDown: (event: PointerEvent) => void;
    onPointerMove: (event: PointerEvent) => void;
    onPointerUp: (event: PointerEvent) => void;
    onPointerCancel: (event: PointerEvent) => void;
  };
}

export function useMapView(frame: RefObject<HTMLElement | null>, whole: MapWhole | null): MapLook {
  const [kept, setKept] = useState<MapView | null>(null);
  const [dragging, setDragging] = useState(false);
  const view = useMemo(() => whole && viewOf(whole, kept), [whole, kept]);
  const glide = useRef({ frame: 0, to: null as MapView | null });
  const touches = useRef(new Map<number, Point>());
  const began = useRef<Point | null>(null);
  const dragged = useRef(false);

  const stop = useCallback(() => {
    cancelAnimationFrame(glide.current.frame);
    glide.current.to = null;
  }, []);
  useEffect(() => stop, [stop]);

  /** At once, from wherever it is by then: several may come before anything is drawn. */
  const follow = useCallback(
    (change: Change) => {
      stop();
      if (whole) setKept((old) => change(viewOf(whole, old), whole));
    },
    [whole, stop],
  );
  const step = (change: Change): MapView | null => {
    if (!whole || !view) return null;
    const from = glide.current.to ?? view;
    const to = change(from, whole);
    // It is there, or on its way.
    if (to === from) return to;
    stop();
    if (wantsNoMotion()) {
      setKept(to);
      return to;
    }
    glide.current.to = to;
    // From the first frame on: what comes before it is no part of the way.
    let start: number | undefined;
    const draw = (now: number): void => {
      start ??= now;
      const share = Math.min(1, Math.max(0, (now - start) / GLIDE_MS));
      // Slower towards its end.
      setKept(between(view, to, 1 - (1 - share) ** 2));
      if (share < 1) glide.current.frame = requestAnimationFrame(draw);
      else glide.current.to = null;
    };
    glide.current.frame = requestAnimationFrame(draw);
    return to;
  };

  // Not by React, whose listener for the wheel cannot keep the page from scrolling.
  useEffect(() => {
    const element = frame.current;
    if (!element || !whole || !view) return;
    const onWheel = (event: WheelEvent): void => {
      // Who scrolls past the map means the page. Two fingers on a trackpad come with Ctrl.
      const pinched = event.ctrlKey || event.metaKey;
      if (!pinched && !element.contains(document.activeElement)) return;
      const box = element.getBoundingClientRect();
      const at = { x: event.clientX - box.left, y: event.clientY - box.top };
      const pixels = event.deltaY * (event.deltaMode === 0 ? 1 : 20);
      const by = 2 ** (-pixels / (event.ctrlKey ? 100 : 250));
      // At an end the page goes on, but is not made larger as a whole.
      if (!pinched && zoomedAt(whole, view, by, at).zoom === view.zoom) return;
      event.preventDefault();
      follow((from) => zoomedAt(whole, from, by, at));
    };
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  }, [frame, whole, view, follow]);

  const placeOf = ({ clientX, clientY }: PointerEvent): Point => {
    const box = frame.current?.getBoundingClientRect();
    return { x: clientX - (box?.left ?? 0), y: clientY - (box?.top ?? 0) };
  };
  const onPointerDown = (event: PointerEvent): void => {
    if (event.pointerType === 'mouse' && event.button !== 0) return;
    const at = placeOf(event);
    // The first of its kind: whatever is still there was let go elsewhere, and nobody told us.
    if (event.isPrimary) touches.current.clear();
    if (touches.current.size === 0) {
      began.current = at;
      dragged.current = false;
    }
    touches.current.set(event.pointerId, at);
  };
  const onPointerMove = (event: PointerEvent): void => {
    const before = touches.current.get(event.pointerId);
    if (!before) return;
    // Let go where nobody told us.
    if (event.pointerType === 'mouse' && event.buttons === 0) {
      release(event);
      return;
    }
    const now = placeOf(event);
    const other = [...touches.current].find(([id]) => id !== event.pointerId)?.[1];
    if (!dragged.current && !other) {
      const from = began.current ?? before;
      if (view?.zoom === 1 || Math.hypot(now.x - from.x, now.y - from.y) < SLACK) return;
      // So that it goes on beyond the edge.
      frame.current?.setPointerCapture?.(event.pointerId);
    }
    dragged.current = true;
    setDragging(true);
    touches.current.set(event.pointerId, now);
    if (!other) {
      follow((from, all) => panned(all, from, now.x - before.x, now.y - before.y));
      return;
    }
    const apart = (a: Point): number => Math.max(1, Math.hypot(a.x - other.x, a.y - other.y));
    const middle = { x: (before.x + other.x) / 2, y: (before.y + other.y) / 2 };
    const by = apart(now) / apart(before);
    follow((from, all) =>
      panned(all, zoomedAt(all, from, by, middle), (now.x - before.x) / 2, (now.y - before.y) / 2),
    );
  };
  const release = (event: PointerEvent): void => {
    touches.current.delete(event.pointerId);
    if (touches.current.size === 0) setDragging(false);
  };

  return {
    view,
    isWhole: view === null || view.zoom === 1,
    isNearest: whole !== null && view !== null && view.zoom >= zoomMost(whole),
    dragging,
    wasDragged: () => dragged.current,
    step,
    changeOf: (event, around) =>
      event.ctrlKey || event.metaKey || event.altKey
        ? null
        : changeByKey(event.key, event.shiftKey, around),
    handlers: { onPointerDown, onPointerMove, onPointerUp: release, onPointerCancel: release },
  };
}
