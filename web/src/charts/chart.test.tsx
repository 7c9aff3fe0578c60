// A chart under keys and a pointer: whichever was used last says what is read.
import { fireEvent, screen, waitFor } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import { renderApp } from '@/testing/render-app';
import { Chart } from './chart';
import type { ChartSpec } from './core/spec';

const days = [1, 2, 3].map((day) => Date.UTC(2013, 0, day));
const spec: ChartSpec = {
  kind: 'line',
  title: 'Flights',
  x: { type: 'time', label: 'Day', grain: 'day', zone: 'UTC', values: days },
  series: [
    {
      id: 's',
      label: 'Flights',
      values: [10, 20, 30],
      slot: 0,
      role: 'value',
      member: null,
      raw: null,
    },
  ],
  measure: { label: 'Flights', format: null, lowerIsBetter: false },
  incompleteFrom: null,
  live: true,
  note: null,
};
const tooltip = () => screen.queryByTestId('chart-tooltip');

it.each(['pointerMove', 'pointerDown'] as const)('follows %s after keys', async (kind) => {
  const onPick = vi.fn();
  renderApp(<Chart spec={spec} onPickPlace={onPick} />);
  const chart = await screen.findByRole('group');
  await waitFor(() => expect(chart.querySelector('[data-tick]')).not.toBeNull());
  const last = { clientX: 780, clientY: 200, pointerId: 1 };
  fireEvent.keyDown(chart, { key: 'Home' });
  expect(tooltip()).toHaveTextContent('10');
  fireEvent[kind](chart, last);
  expect(tooltip()).toHaveTextContent('30');
  fireEvent.click(chart, last);
  expect(onPick).toHaveBeenCalledExactlyOnceWith(2);
  fireEvent.keyDown(chart, { key: 'Home' });
  expect(tooltip()).toHaveTextContent('10');
});

it('tells what was before of a bucket that is still running, and no change', async () => {
  const [now] = spec.series;
  const before = { ...now!, id: 'before', label: 'Before', values: [5, 10, 60] };
  const series = [now!, { ...before, role: 'comparison' as const }];
  renderApp(<Chart spec={{ ...spec, series, incompleteFrom: 2 }} />);
  const chart = await screen.findByRole('group');
  await waitFor(() => expect(chart.querySelector('[data-tick]')).not.toBeNull());
  fireEvent.keyDown(chart, { key: 'Home' });
  expect(tooltip()).toHaveTextContent('+100%');
  fireEvent.keyDown(chart, { key: 'End' });
  expect(tooltip()).toHaveTextContent('60');
  expect(tooltip()).not.toHaveTextContent('%');
});

it('hides by its name in the legend what nothing can be filtered by, and never all of it', async () => {
  const [now] = spec.series;
  const other = { ...now!, id: 'other', label: 'Other', values: [1000, 2000, 3000] };
  const series = [now!, { ...other, role: 'other' as const }];
  const { user } = renderApp(<Chart spec={{ ...spec, series }} />);
  const chart = await screen.findByRole('group');
  const ticks = () =>
    [...chart.querySelectorAll('[data-tick="value"]')].map((at) => at.textContent);
  await waitFor(() => expect(ticks().at(-1)).toBe('3,000'));
  const name = screen.getByRole('button', { name: 'Other', pressed: true });
  await user.click(name);
  expect(ticks().at(-1)).toBe('30');
  // What is left stays.
  await user.click(screen.getByRole('button', { name: now!.label, pressed: true }));
  expect(ticks().at(-1)).toBe('30');
  await user.click(name);
  expect(ticks().at(-1)).toBe('3,000');
});
