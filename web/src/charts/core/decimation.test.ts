// Thinning keeps spikes, ends, order and gaps.
import { describe, expect, it } from 'vitest';
import { decimate } from './decimation';
import type { Vertex } from './decimation';

const wave = (count: number): Vertex[] =>
  Array.from({ length: count }, (_, index) => ({ x: index, y: Math.sin(index / 50) * 10 }));

describe('decimate', () => {
  it('leaves short lines alone', () => {
    const points = wave(300);
    expect(decimate(points, 400)).toEqual(points);
  });

  it('keeps at most four points a column, both ends and every spike', () => {
    const points = wave(50_000);
    const spike = { x: 23_456, y: 999 };
    points[23_456] = spike;
    const kept = decimate(points, 400);
    expect(kept.length).toBeLessThanOrEqual(1_600);
    expect(kept[0]).toEqual(points[0]);
    expect(kept[kept.length - 1]).toEqual(points[points.length - 1]);
    expect(kept).toContainEqual(spike);
    const xs = kept.map((point) => point.x);
    expect(xs).toEqual([...xs].sort((a, b) => a - b));
  });

  it('keeps gaps', () => {
    const points = wave(10_000).map((point) =>
      point.x > 4_000 && point.x < 5_000 ? { ...point, y: null } : point,
    );
    const kept = decimate(points, 200);
    expect(kept.filter((point) => point.y === null)).toHaveLength(1);
  });
});
