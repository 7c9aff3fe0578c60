// One time for all charts of a page: which bucket holds it, who may show and clear it, and the line.
import { fireEvent, screen } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import { renderApp } from '@/testing/render-app';
import { Chart } from './chart';
import { Crosshair, placeOfTime } from './core/crosshair';
import type { ChartSpec, TimeAxis } from './core/spec';

const day = (n: number) => Date.UTC(2013, 0, n);
const axis = (change: Partial<TimeAxis> = {}): TimeAxis => ({
  type: 'time',
  label: 'Day',
  grain: 'day',
  zone: 'UTC',
  values: [day(1), day(2), day(4)],
  ...change,
});

describe('placeOfTime', () => {
  it.each([
    ['the start of a bucket', day(2), axis(), 1],
    ['within a bucket', day(2) + 5_000, axis(), 1],
    ['a bucket that has no row', day(3), axis(), null],
    ['before the axis', day(1) - 1, axis(), null],
    ['after the axis', day(5), axis(), null],
    ['a coarser axis', day(20), axis({ grain: 'month', values: [day(1), day(32)] }), 0],
    ['an empty axis', day(1), axis({ values: [] }), null],
  ])('finds %s', (_, at, within, place) => {
    expect(placeOfTime(within, at)).toBe(place);
  });
});

describe('crosshair', () => {
  it('tells a change once, and is cleared by who points only', () => {
    const crosshair = new Crosshair();
    const heard = vi.fn();
    const stop = crosshair.listen(heard);
    crosshair.point('a', 1);
    crosshair.point('a', 1);
    crosshair.point('b', 2);
    crosshair.leave('a');
    crosshair.leave('b');
    stop();
    crosshair.point('a', 3);
    expect(heard.mock.calls.map(([pointed]) => pointed)).toEqual([
      null,
      { source: 'a', at: 1 },
      { source: 'b', at: 2 },
      null,
    ]);
  });
});

describe('two charts', () => {
  const spec = (title: string, x: TimeAxis): ChartSpec => ({
    kind: 'line',
    title,
    x,
    series: [
      {
        id: 's',
        label: title,
        values: x.values.map((_, index) => index),
        slot: 0,
        role: 'value',
        member: null,
        raw: null,
      },
    ],
    measure: { label: title, format: null, lowerIsBetter: false },
    incompleteFrom: null,
    live: true,
    note: null,
  });
  const first = spec('One', axis());
  const second = spec('Two', axis({ values: [day(2), day(4)] }));

  it('show the same time, and no line where there is none', async () => {
    renderApp(
      <>
        <Chart spec={first} />
        <Chart spec={second} />
      </>,
    );
    const [one, two] = await screen.findAllByRole('group');
    await vi.waitFor(() =>
      expect(document.querySelectorAll('[data-shared-crosshair]')).toHaveLength(2),
    );
    const lines = () =>
      [one!, two!].map((chart) => {
        const line = chart.querySelector<HTMLElement>('[data-shared-crosshair]');
        return line && !line.hidden ? line.style.transform : null;
      });
    fireEvent.keyDown(one!, { key: 'ArrowRight' });
    expect(lines()).toEqual([null, null]);
    fireEvent.keyDown(one!, { key: 'ArrowRight' });
    const [own, other] = lines();
    expect(own).toBeNull();
    expect(other).toMatch(/^translateX\(\d+px\)$/);
    fireEvent.keyDown(one!, { key: 'ArrowRight' });
    expect(lines()[1]).not.toBe(other);
    fireEvent.keyDown(one!, { key: 'Escape' });
    expect(lines()).toEqual([null, null]);
  });
});
