// Layout in pixels: nothing leaves the card, bars start at zero, pointers find the nearest place.
import { describe, expect, it } from 'vitest';
import { drawList, stack } from '../canvas/draw-list';
import { estimateText, geometryOf, nearestPlace, shorten } from './geometry';
import { summarize, readPlace } from './reading';
import type { ChartSpec } from './spec';
import { rendererFor } from './spec';
import { topSeries } from './top-series';

const ticks = (values: number[]): string[] => values.map((value) => String(value));
const day = 86_400_000;
const start = Date.parse('2013-03-01T00:00Z');

function timeSpec(
  kind: ChartSpec['kind'],
  values: (number | null)[],
  change: Partial<ChartSpec> = {},
): ChartSpec {
  return {
    kind,
    title: 'Flights per day',
    x: {
      type: 'time',
      label: 'Day',
      grain: 'day',
      zone: 'UTC',
      values: values.map((_, index) => start + index * day),
    },
    series: [
      { id: 'a', label: 'Flights', values, slot: 0, role: 'value', member: null, raw: null },
    ],
    measure: { label: 'Flights', format: 'integer', lowerIsBetter: false },
    incompleteFrom: null,
    live: true,
    note: null,
    ...change,
  };
}

const categories = (count: number): ChartSpec => ({
  ...timeSpec(
    'bar',
    Array.from({ length: count }, (_, index) => 100 - index),
  ),
  x: {
    type: 'category',
    label: 'Carrier',
    member: 'flights.carrier',
    values: Array.from({ length: count }, (_, index) => `A carrier with a long name ${index}`),
    raw: Array.from({ length: count }, (_, index) => `c${index}`),
  },
});

describe('geometryOf', () => {
  it.each([
    [390, 180],
    [800, 300],
    [220, 120],
  ])('keeps every label inside %d x %d and apart from the next', (width, height) => {
    for (const spec of [
      timeSpec(
        'line',
        Array.from({ length: 90 }, (_, index) => 800 + index),
      ),
      timeSpec(
        'bar',
        Array.from({ length: 30 }, () => 5),
      ),
      categories(16),
    ]) {
      const geometry = geometryOf(spec, width, height, ticks);
      if (geometry.orientation === 'vertical') {
        let free = -1;
        for (const label of geometry.placeLabels) {
          const half = estimateText(label.text) / 2;
          expect(label.at - half).toBeGreaterThanOrEqual(Math.max(-0.01, free));
          expect(label.at + half).toBeLessThanOrEqual(width + 1);
          free = label.at + half;
        }
      } else {
        for (const label of geometry.placeLabels) {
          expect(estimateText(label.text)).toBeLessThanOrEqual(geometry.plot.left);
        }
      }
    }
  });

  it('starts bars at zero and lines near their values', () => {
    const bars = geometryOf(timeSpec('bar', [900, 950]), 400, 200, ticks);
    expect(bars.domain[0]).toBe(0);
    const line = geometryOf(timeSpec('line', [900, 950]), 400, 200, ticks);
    expect(line.domain[0]).toBeGreaterThan(0);
  });

  it('finds the place under a pointer, and none outside', () => {
    const geometry = geometryOf(timeSpec('line', [1, 2, 3, 4, 5]), 400, 200, ticks);
    const x = geometry.position(3);
    expect(nearestPlace(geometry, x + 4, 50)).toBe(3);
    expect(nearestPlace(geometry, x, 900)).toBeNull();
  });

  it('leaves out rows that do not fit instead of squeezing them', () => {
    const geometry = geometryOf(categories(100), 300, 240, ticks);
    expect(geometry.count).toBeLessThan(14);
    expect(geometry.band).toBeGreaterThanOrEqual(12);
  });

  it('says at the end of each lying bar how long it is, inside the card and beside the bar', () => {
    for (const width of [220, 390, 800]) {
      const spec = categories(8);
      const geometry = geometryOf(spec, width, 240, ticks);
      expect(geometry.endLabels.map(({ text }) => text)).toEqual(
        spec.series[0]!.values.map(String),
      );
      geometry.endLabels.forEach(({ x, y, text }, index) => {
        expect(x).toBeGreaterThan(geometry.value(spec.series[0]!.values[index]!));
        expect(x + estimateText(text)).toBeLessThanOrEqual(width);
        expect(y).toBeCloseTo(geometry.position(index));
      });
    }
  });

  it('says it of what is below zero on the free side, and of a gap nothing', () => {
    const spec = categories(3);
    const [series] = spec.series;
    const some = { ...spec, series: [{ ...series!, values: [8, null, -4] }] };
    const geometry = geometryOf(some, 400, 200, ticks);
    expect(geometry.endLabels.map(({ text }) => text)).toEqual(['8', '\u22124']);
    expect(geometry.endLabels[1]!.x).toBeGreaterThan(geometry.zero);
  });

  it('says nothing where several bars share a place or stand upright', () => {
    const spec = categories(3);
    const [series] = spec.series;
    const two = { ...spec, series: [series!, { ...series!, id: 'b' }] };
    expect(geometryOf(two, 400, 200, ticks).endLabels).toEqual([]);
    expect(geometryOf(timeSpec('bar', [1, 2]), 400, 200, ticks).endLabels).toEqual([]);
  });

  it('makes no blocks of a few bars in a tall card', () => {
    expect(geometryOf(categories(2), 400, 400, ticks).band).toBeLessThan(40);
    // Over the whole screen ten fill it.
    const large = geometryOf(categories(10), 1_400, 740, ticks);
    expect(large.plot.height).toBeGreaterThan(700);
  });

  it('shortens names', () => {
    expect(shorten('short', 100, estimateText)).toBe('short');
    expect(shorten('a very long name indeed', 40, estimateText)).toMatch(/^a.*…$/);
  });
});

describe('drawList', () => {
  it('breaks the line at a gap and draws a lonely value as a dot', () => {
    const spec = timeSpec('line', [1, null, 3, null, 5, 6]);
    const commands = drawList(spec, geometryOf(spec, 1_000, 200, ticks));
    const line = commands.find((command) => command.type === 'line');
    expect(line?.type === 'line' && line.points.filter((point) => point.y === null)).toHaveLength(
      2,
    );
    const dots = commands.find((command) => command.type === 'dots');
    expect(dots?.type === 'dots' && dots.points.length).toBeGreaterThanOrEqual(2);
  });

  it('dashes what is not complete yet, hanging on the complete part', () => {
    const spec = timeSpec(
      'line',
      Array.from({ length: 60 }, () => 4),
      { incompleteFrom: 59 },
    );
    const lines = drawList(spec, geometryOf(spec, 400, 200, ticks)).filter(
      (command) => command.type === 'line',
    );
    expect(lines.map((line) => line.type === 'line' && line.dash)).toEqual(['slot', 'incomplete']);
    expect(lines[1]?.type === 'line' && lines[1].points).toHaveLength(2);
  });

  it.each([
    ['lying', categories(3)],
    ['upright', timeSpec('bar', [100, 99, 98])],
  ])(
    'draws across %s bars how long they were before, and nothing where they were not',
    (_, spec) => {
      const [series] = spec.series;
      const before = { ...series!, id: 'b', slot: -1, values: [120, null, 50] };
      const compared: ChartSpec = {
        ...spec,
        live: false,
        series: [series!, { ...before, role: 'comparison' }],
      };
      expect(rendererFor(compared)).toBe('canvas');
      const geometry = geometryOf(compared, 600, 300, ticks);
      const commands = drawList(compared, geometry);
      expect(commands).toHaveLength(2);
      const marks = commands[1];
      if (marks?.type !== 'bars') throw new Error('no marks');
      expect(marks.slot).toBe(-1);
      expect(marks.rects).toHaveLength(2);
      const flat = geometry.orientation === 'horizontal';
      const [first] = marks.rects;
      const [at, across, from] = flat
        ? [first!.x, first!.h, first!.y]
        : [first!.y, first!.w, first!.x];
      expect(at + 1).toBeCloseTo(geometry.value(120));
      expect(across).toBeGreaterThan(geometry.band);
      expect(from).toBeLessThan(geometry.position(0) - geometry.band / 2);
      // What a bar says stands after the line, too.
      for (const { x } of geometry.endLabels.slice(0, 1))
        expect(x).toBeGreaterThan(geometry.value(120));
    },
  );

  it('draws across each of several bars beside each other how long it was before', () => {
    const spec = categories(2);
    const [series] = spec.series;
    const of = (id: string, values: number[], before: boolean) => ({
      ...series!,
      id: before ? `before ${id}` : id,
      values,
      ...(before ? { of: id, role: 'comparison' as const } : {}),
    });
    const compared: ChartSpec = {
      ...spec,
      series: [
        of('a', [100, 90], false),
        of('b', [50, 40], false),
        of('a', [80, 70], true),
        of('b', [60, 30], true),
      ],
    };
    const geometry = geometryOf(compared, 600, 300, ticks);
    const [a, b, beforeA, beforeB] = drawList(compared, geometry).map((command) =>
      command.type === 'bars' ? command.rects[1]! : null,
    );
    for (const [bar, mark, value] of [
      [a, beforeA, 70],
      [b, beforeB, 30],
    ] as const) {
      expect(mark!.x + 1).toBeCloseTo(geometry.value(value));
      // Over this bar, and not over the one beside it.
      expect(Math.abs(mark!.y + mark!.h / 2 - (bar!.y + bar!.h / 2))).toBeLessThan(1);
      expect(mark!.h).toBeLessThan(bar!.h + 4);
    }
  });

  it('stacks, with negative values downwards', () => {
    const entry = timeSpec('stacked_bar', [1, -2]).series[0]!;
    const bounds = stack(
      [entry, { ...entry, values: [3, 4] }, { ...entry, values: [null, -1] }],
      2,
    );
    expect(bounds).toEqual([
      [
        [0, 1],
        [0, -2],
      ],
      [
        [1, 4],
        [0, 4],
      ],
      [
        [4, 4],
        [-2, -3],
      ],
    ]);
  });
});

describe('words and choices', () => {
  it('summarizes from the data', () => {
    const words = summarize(timeSpec('line', [5, 9, 2]), (value) => String(value));
    expect(words).toContain('3 days');
    expect(words).toContain('with 9');
    expect(words).toContain('with 2');
  });

  it('reads a place and says that it is open', () => {
    const words = readPlace(timeSpec('line', [5, 9], { incompleteFrom: 1 }), 1, (value) =>
      String(value),
    );
    expect(words).toMatch(/\(so far\): 9/);
  });

  it('draws live and dense pictures on canvas', () => {
    const spec = timeSpec(
      'line',
      Array.from({ length: 90 }, () => 1),
    );
    expect(rendererFor(spec)).toBe('canvas');
    expect(rendererFor({ ...spec, live: false })).toBe('recharts');
    expect(
      rendererFor(
        timeSpec(
          'bar',
          Array.from({ length: 150 }, () => 1),
          { live: false },
        ),
      ),
    ).toBe('canvas');
  });

  it('adds up the rest only where adding up means something', () => {
    const one = timeSpec('line', [1, 2]).series[0]!;
    const many = Array.from({ length: 12 }, (_, index) => ({
      ...one,
      id: `s${index}`,
      label: `s${index}`,
      values: [index, index],
    }));
    const sums = topSeries(many, true);
    expect(sums.series).toHaveLength(8);
    expect(sums.series[7]).toMatchObject({ role: 'other', label: 'Other (5)', values: [10, 10] });
    const averages = topSeries(many, false);
    expect(averages.series).toHaveLength(8);
    expect(averages.series.every((entry) => entry.role === 'value')).toBe(true);
    expect(averages.note).toBe('Top 8 of 12 shown');
  });
});
