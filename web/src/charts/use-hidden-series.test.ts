// What is left of a chart when series are hidden: their values, and the words of the measure that is left alone.
import { expect, it } from 'vitest';
import { measureFormats } from './core/number-formats';
import { readPlace, summarize } from './core/reading';
import type { ChartSeries, ChartSpec } from './core/spec';
import { without } from './use-hidden-series';

const series = (label: string, format: string, values: number[]): ChartSeries => ({
  id: label,
  label,
  values,
  slot: 0,
  role: 'value',
  member: null,
  raw: null,
  measure: { format, lowerIsBetter: false },
});

const spec: ChartSpec = {
  kind: 'bar',
  title: 'Orders and late ones',
  x: {
    type: 'category',
    label: 'Country',
    member: 'orders.country',
    values: ['DE', 'FR'],
    raw: ['DE', 'FR'],
  },
  series: [series('Orders', 'integer', [1200, 900]), series('Late', 'percent', [0.25, 0.5])],
  measure: { label: 'Orders', format: 'integer', lowerIsBetter: false },
  incompleteFrom: null,
  live: false,
  note: null,
};

it('calls and writes what is left alone as its own measure does', () => {
  const left = without(spec, new Set(['Orders']));
  const formats = measureFormats(left);
  expect(formats.ticks([0, 0.5])).toEqual(['0%', '50%']);
  expect(readPlace(left, 0, formats.full)).toBe('DE: 25%');
  expect(summarize(left, formats.full)).toMatch(/^Late by 2 country: highest FR with 50%/);
});

it('leaves the chart as it is where nothing is hidden, and where nothing would be left', () => {
  expect(without(spec, new Set())).toBe(spec);
  expect(without(spec, new Set(['Orders', 'Late']))).toBe(spec);
  expect(
    without({ ...spec, series: spec.series.slice(0, 1) }, new Set(['Late'])).measure.label,
  ).toBe('Orders');
});
