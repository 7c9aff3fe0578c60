// Looking nearer at a map: what stays where it is, and how far one can go.
import { describe, expect, it } from 'vitest';
import { between, bounded, panned, viewOf, wholeView, zoomedAt, zoomMost } from './map-view';
import type { MapView, MapWhole } from './map-view';

const whole: MapWhole = { width: 600, height: 400, x: 10, y: 50, scale: 20 };
const all = wholeView(whole);
/** Where a place is drawn. */
const pixel = ({ x, y, zoom }: MapView, place: { x: number; y: number }) => ({
  x: whole.width / 2 + (place.x - x) * whole.scale * zoom,
  y: whole.height / 2 - (place.y - y) * whole.scale * zoom,
});

describe('a nearer look', () => {
  it('keeps what is at the pixel where it is', () => {
    const place = { x: 4, y: 55 };
    const at = pixel(all, place);
    let view = all;
    for (const by of [2, 1.5, 0.7, 3]) {
      view = zoomedAt(whole, view, by, at);
      const { x, y } = pixel(view, place);
      expect(x).toBeCloseTo(at.x);
      expect(y).toBeCloseTo(at.y);
    }
    expect(view.zoom).toBeCloseTo(6.3);
  });

  it('ends at the whole and where there is nothing more to be told apart', () => {
    const near = zoomedAt(whole, all, 1e9, { x: 300, y: 200 });
    expect(near.zoom).toBe(zoomMost(whole));
    expect(whole.width / whole.scale / near.zoom).toBeCloseTo(0.002);
    expect(
      zoomedAt(whole, zoomedAt(whole, all, 8, { x: 3, y: 390 }), 1e-9, { x: 9, y: 9 }),
    ).toEqual(all);
  });

  it('does not leave what holds the places', () => {
    expect(panned(whole, all, 500, -90)).toEqual(all);
    const near = zoomedAt(whole, all, 4, { x: 300, y: 200 });
    const gone = panned(whole, near, -1e6, 1e6);
    expect(pixel(gone, { x: 25, y: 60 })).toEqual({ x: 600, y: 0 });
    expect(panned(whole, near, 40, 20)).toEqual({ x: 9.5, y: 50.25, zoom: 4 });
  });

  it('is the same in a picture of another size, and the whole where the data lies elsewhere', () => {
    const near = zoomedAt(whole, all, 4, { x: 300, y: 200 });
    expect(viewOf({ ...whole, width: 300, height: 200, scale: 10 }, near)).toEqual(near);
    expect(viewOf(whole, null)).toEqual(all);
    const elsewhere = { ...whole, x: 120 };
    expect(viewOf(elsewhere, near)).toEqual(wholeView(elsewhere));
  });

  it('is bounded also where it is asked for directly', () => {
    expect(bounded(whole, { x: 400, y: -400, zoom: 0.1 })).toEqual(all);
  });
});

it('leads from one to the other past what both show at the same pixel', () => {
  const at = { x: 90, y: 310 };
  const to = zoomedAt(whole, all, 4, at);
  const place = { x: 10 + (90 - 300) / 20, y: 50 + (200 - 310) / 20 };
  const half = between(all, to, 0.5);
  expect(half.zoom).toBeCloseTo(2);
  expect(pixel(half, place).x).toBeCloseTo(at.x);
  expect(pixel(half, place).y).toBeCloseTo(at.y);
  expect(between(all, to, 1)).toEqual(to);
  const aside = { ...to, x: to.x + 1 };
  expect(between(to, aside, 0.25).x).toBeCloseTo(to.x + 0.25);
});
