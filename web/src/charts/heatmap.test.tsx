// A heatmap under a finger, a pointer and keys: which cell is meant, and how long it is told.
import { fireEvent, screen, waitFor } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import { renderApp } from '@/testing/render-app';
import { Heatmap } from './heatmap';
import type { HeatSpec } from './heatmap';

const spec: HeatSpec = {
  title: 'When',
  measureLabel: 'Flights',
  format: null,
  columns: ['Mon', 'Tue'],
  columnNames: ['Monday', 'Tuesday'],
  rows: ['JFK', 'LGA'],
  values: [
    [1, 2],
    [3, 4],
  ],
  note: 'first 2 of 9 rows',
};

async function open() {
  const onPickCell = vi.fn();
  const { user } = renderApp(<Heatmap spec={spec} onPickCell={onPickCell} />);
  const map = screen.getByRole('group', { name: 'Flights by 2 rows and 2 columns.' });
  await waitFor(() => expect(map.querySelector('[data-tick="place"]')).not.toBeNull());
  return { user, map, onPickCell };
}
const tooltip = () => screen.queryByTestId('chart-tooltip');
const lower = { clientX: 700, clientY: 300, pointerId: 1 };

it('takes a tap for the cell that it is on, and tells it on', async () => {
  const { map, onPickCell } = await open();
  const touch = { ...lower, pointerType: 'touch' };
  fireEvent.pointerDown(map, touch);
  fireEvent.pointerLeave(map, touch);
  fireEvent.click(map, lower);
  expect(onPickCell).toHaveBeenCalledExactlyOnceWith(1, 1);
  expect(tooltip()).toHaveTextContent('LGA \u00b7 TuesdayFlights 4');
  fireEvent.pointerDown(document.body);
  expect(tooltip()).toBeNull();
});

it('tells nothing once the pointer of a mouse has left', async () => {
  const { map } = await open();
  fireEvent.pointerMove(map, lower);
  expect(tooltip()).toHaveTextContent('LGA');
  fireEvent.pointerLeave(map, { ...lower, pointerType: 'mouse' });
  expect(tooltip()).toBeNull();
});

it.each(['pointerMove', 'pointerDown'] as const)('follows %s after keys', async (kind) => {
  const { map, onPickCell } = await open();
  map.focus();
  fireEvent.keyDown(map, { key: 'Home' });
  expect(tooltip()).toHaveTextContent('JFK \u00b7 Monday');
  // What points at nothing leaves what is read.
  fireEvent[kind](map, { clientX: 1, clientY: 399, pointerId: 1 });
  expect(tooltip()).toHaveTextContent('JFK \u00b7 Monday');
  fireEvent[kind](map, lower);
  expect(tooltip()).toHaveTextContent('LGA \u00b7 Tuesday');
  fireEvent.click(map, lower);
  expect(onPickCell).toHaveBeenCalledExactlyOnceWith(1, 1);
});

it('is read by keys from where it is, and says what it leaves out', async () => {
  const { user, map, onPickCell } = await open();
  expect(map).toHaveAccessibleDescription('first 2 of 9 rows');
  map.focus();
  await user.keyboard('{ArrowDown}{ArrowRight}{ArrowDown}');
  expect(screen.getAllByRole('status')[0]).toHaveTextContent(/^(JFK|LGA), (Mon|Tues)day: \d$/);
  await user.keyboard('{Enter}');
  expect(onPickCell).toHaveBeenCalledOnce();
  await user.keyboard('{Escape}');
  expect(tooltip()).toBeNull();
});
