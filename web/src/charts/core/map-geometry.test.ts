// Points on a map: where they lie, how large they are, which lines lie under them.
import { describe, expect, it } from 'vitest';
import {
  isInSight,
  isPlace,
  mapGeometry,
  mapSurvey,
  markAt,
  northing,
  westOf,
} from './map-geometry';
import type { MapPlace } from './map-geometry';
import { wholeView, zoomedAt } from './map-view';

const at = (latitude: number, longitude: number, part: Partial<MapPlace> = {}): MapPlace => ({
  latitude,
  longitude,
  size: 1,
  shade: null,
  ...part,
});
const rome = at(41.9, 12.5);
const oslo = at(59.9, 10.7);
const of = (places: MapPlace[], width = 600, height = 400, zoom = 1) => {
  const survey = mapSurvey(places, width, height);
  const { whole, sizes, shades } = survey;
  const middle = { x: whole.width / 2, y: whole.height / 2 };
  const view = zoomedAt(whole, wholeView(whole), zoom, middle);
  return { ...mapGeometry(survey, view), whole, sizes, shades };
};
const mark = (places: MapPlace[], place: number) =>
  of(places).marks.find((entry) => entry.place === place)!;

describe('a projection', () => {
  it('is as high as it is wide, and stretched towards the poles', () => {
    expect(northing(0)).toBeCloseTo(0);
    expect(northing(85.0511)).toBeCloseTo(180, 1);
    expect(northing(90)).toBe(northing(85.0511));
    expect(northing(-60)).toBeCloseTo(-northing(60));
    // At 60 degrees one of latitude is as high as two of longitude.
    expect((northing(60.1) - northing(59.9)) / 0.2).toBeCloseTo(2, 2);
  });

  it('takes what is on earth', () => {
    expect(isPlace(90, -180)).toBe(true);
    expect(isPlace(0, 359)).toBe(true);
    expect(isPlace(90.1, 0)).toBe(false);
    expect(isPlace(0, 361)).toBe(false);
    expect(isPlace(null, 0)).toBe(false);
  });
});

describe('what is shown', () => {
  it('holds all places, north up and east to the right', () => {
    const [south, north] = [mark([rome, oslo], 0), mark([rome, oslo], 1)];
    expect(south.y).toBeGreaterThan(north.y);
    expect(south.x).toBeGreaterThan(north.x);
    for (const { x, y, radius } of of([rome, oslo]).marks) {
      expect(x - radius).toBeGreaterThanOrEqual(0);
      expect(y - radius).toBeGreaterThanOrEqual(0);
      expect(x + radius).toBeLessThanOrEqual(600);
      expect(y + radius).toBeLessThanOrEqual(400);
    }
  });

  it('has the same scale in both directions', () => {
    const corners = [at(0, 0), at(0, 1), at(1, 0)];
    const [origin, east, north] = [0, 1, 2].map((place) => mark(corners, place));
    expect(east!.x - origin!.x).toBeCloseTo(origin!.y - north!.y, 0);
  });

  it('lies together across the date line', () => {
    expect(westOf([-179, 179, 170])).toBe(170);
    expect(westOf([-120, 0, 100])).toBe(-120);
    expect(westOf([350, 10])).toBe(-10);
    expect(westOf([-150, -74, 0, 18, 140, 151])).toBe(-150);
    const [fiji, samoa] = [at(-18, 178), at(-14, -172)];
    expect(mark([fiji, samoa], 1).x).toBeGreaterThan(mark([fiji, samoa], 0).x);
    expect(of([fiji, samoa]).meridians.map(({ text }) => text)).toContain('180\u00b0');
  });

  it('is a part of the world for one place, and the world for none', () => {
    const { marks, meridians } = of([rome]);
    expect(marks).toHaveLength(1);
    expect(marks[0]).toMatchObject({ x: 300, y: 200 });
    expect(meridians.length).toBeGreaterThan(0);
    expect(of([]).marks).toEqual([]);
    expect(of([]).meridians.map(({ text }) => text)).toContain('0\u00b0');
  });
});

describe('marks', () => {
  it('are as large as their areas say, the largest first', () => {
    const { marks, sizes } = of([at(0, 0, { size: 25 }), at(1, 1, { size: 100 }), at(2, 2)]);
    expect(sizes).toEqual([1, 100]);
    expect(marks.map(({ place }) => place)).toEqual([1, 0, 2]);
    expect(marks[0]!.radius / marks[1]!.radius).toBeCloseTo(2);
    const odd = of([at(0, 0, { size: -5 }), at(1, 1, { size: null }), at(2, 2, { size: 0 })]);
    expect(odd.marks.every(({ radius }) => radius === 2.5)).toBe(true);
  });

  it('are told apart by where their colour stands', () => {
    const shaded = (...values: (number | null)[]) =>
      of(values.map((shade, index) => at(index, index, { shade }))).marks.map(({ share }) => share);
    expect(shaded(10, 20, null, 15)).toEqual([0, 1, null, 0.5]);
    expect(shaded(7, 7)).toEqual([1, 1]);
    expect(shaded(null)).toEqual([null]);
  });

  it('are found where they are drawn, the one on top first', () => {
    const marks = [
      { place: 0, x: 100, y: 100, radius: 20, share: null },
      { place: 1, x: 105, y: 100, radius: 4, share: null },
      { place: 2, x: 200, y: 100, radius: 4, share: null },
    ];
    expect(markAt(marks, 104, 101)).toBe(1);
    expect(markAt(marks, 90, 100)).toBe(0);
    expect(markAt(marks, 210, 100)).toBe(2);
    expect(markAt(marks, 250, 100)).toBeNull();
  });
});

it('has lines of whole degrees that are far enough apart to be read', () => {
  const { meridians, parallels } = of([rome, oslo]);
  expect(parallels.map(({ text }) => text)).toEqual(['50\u00b0N', '60\u00b0N']);
  const places = meridians.map(({ at: x }) => x);
  places.slice(1).forEach((x, index) => expect(x - places[index]!).toBeGreaterThanOrEqual(72));
  const near = of([at(41.9, 12.5), at(41.905, 12.51)]);
  expect(near.meridians.map(({ text }) => text)).toContain('12.505\u00b0E');
  expect(of([at(-40, -70), at(-30, -60)]).parallels.map(({ text }) => text)).toContain('35\u00b0S');
});

describe('a nearer look', () => {
  const texts = (labels: { text: string }[]) => labels.map(({ text }) => text);

  it('has finer lines, and as far apart', () => {
    const far = of([rome, oslo]);
    const near = of([rome, oslo], 600, 400, 40);
    expect(texts(near.parallels).some((text) => /^\d+\.\d+\u00b0N$/.test(text))).toBe(true);
    expect(texts(near.parallels)).not.toEqual(texts(far.parallels));
    for (const { meridians, parallels } of [near, of([rome, oslo], 600, 400, 5_000)]) {
      for (const lines of [meridians, parallels]) {
        expect(lines.length).toBeGreaterThan(0);
        expect(lines.length).toBeLessThan(12);
        const places = lines.map(({ at }) => at).sort((a, b) => a - b);
        places.slice(1).forEach((x, index) => expect(x - places[index]!).toBeGreaterThan(60));
      }
      expect(new Set(texts(meridians)).size).toBe(meridians.length);
    }
  });

  it('leaves marks as large as they are, and some out of sight', () => {
    const [far, near] = [of([rome, oslo]), of([rome, oslo], 600, 400, 8)];
    expect(near.marks.map(({ radius }) => radius)).toEqual(far.marks.map(({ radius }) => radius));
    expect(far.marks.every((entry) => isInSight(far.whole, entry))).toBe(true);
    expect(near.marks.some((entry) => isInSight(near.whole, entry))).toBe(false);
  });
});
