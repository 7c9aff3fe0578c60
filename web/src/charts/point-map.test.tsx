// A map that is looked at from near: by buttons, keys, wheel, fingers and dragging; what is read of it meanwhile, and what a
// click and a tap mean.
import { act, createEvent, fireEvent, screen, waitFor } from '@testing-library/react';
import { useState } from 'react';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { renderApp } from '@/testing/render-app';
import type { MapPlace } from './core/map-geometry';
import { PointMap } from './point-map';
import type { MapSpec } from './point-map';

const at = (latitude: number, longitude: number): MapPlace => ({
  latitude,
  longitude,
  size: 1,
  shade: null,
});
const spec: MapSpec = {
  title: 'Where',
  places: [at(41.9, 12.5), at(59.9, 10.7), at(52.5, 13.4)],
  names: ['Rome', 'Oslo', 'Berlin'],
  size: { label: 'Stops', format: null },
  shade: null,
  note: null,
};

/** The picture is 800 by 400 pixels, see testing/setup.ts. */
async function open(part: Partial<MapSpec> = {}, onPick?: (place: number) => void) {
  const { user } = renderApp(<PointMap spec={{ ...spec, ...part }} onPick={onPick} />);
  await waitFor(() => expect(ticks().length).toBeGreaterThan(0));
  return { user, map: screen.getByRole('group', { name: /^Stops at/ }) };
}
const ticks = () => [...document.querySelectorAll('[data-tick]')].map((tick) => tick.textContent);
const button = (name: string) => screen.getByRole('button', { name });
const ring = () => document.querySelector('circle');
const tooltip = () => screen.queryByTestId('chart-tooltip');

let still = true;
beforeEach(() => {
  still = true;
  const plain = window.matchMedia;
  vi.spyOn(window, 'matchMedia').mockImplementation((query) => ({
    ...plain(query),
    matches: still && query.includes('reduced-motion'),
  }));
});

describe('a nearer look', () => {
  it('is taken by buttons, which keep the focus where they lead nowhere, and is told', async () => {
    const { user } = await open();
    const before = ticks();
    expect(button('Zoom out')).toHaveAttribute('aria-disabled', 'true');
    await user.click(button('Zoom in'));
    const near = ticks();
    expect(near).not.toEqual(before);
    await waitFor(() =>
      expect(screen.getAllByRole('status').at(-1)).toHaveTextContent('1 of 3 places in sight'),
    );
    await user.click(button('Zoom in'));
    await user.click(button('Zoom out'));
    expect(ticks()).toEqual(near);
    await user.click(button('Show all places'));
    expect(ticks()).toEqual(before);
    expect(button('Show all places')).toHaveFocus();
    expect(button('Show all places')).toHaveAttribute('aria-disabled', 'true');
    await user.keyboard('{Enter}');
    expect(ticks()).toEqual(before);
  });

  it('has its buttons beside the map, so that they cover no place', async () => {
    const { map } = await open();
    const controls = screen.getByRole('group', { name: 'Part of the map' });
    expect(getComputedStyle(map).position).toBe('absolute');
    // The map fills the box that it is in, alone.
    expect(map.parentElement?.children).toHaveLength(1);
    for (let box = controls; box !== map.parentElement?.parentElement; box = box.parentElement!) {
      expect(getComputedStyle(box).position).not.toMatch(/absolute|fixed|sticky/);
    }
  });

  it('ends where nothing more could be told apart', async () => {
    await open({ places: [at(41.9, 12.5)], names: ['Rome'] });
    for (let step = 0; step < 6; step += 1) fireEvent.click(button('Zoom in'));
    expect(button('Zoom in')).toHaveAttribute('aria-disabled', 'true');
    expect(ticks().some((text) => /^12\.\d{4}\u00b0E$/.test(text))).toBe(true);
  });

  it('glides there where motion is wanted', async () => {
    still = false;
    const { map } = await open();
    const before = ticks();
    map.focus();
    fireEvent.keyDown(map, { key: '+' });
    expect(ticks()).toEqual(before);
    await waitFor(() => expect(ticks()).not.toEqual(before));
    // As long as it takes, it ends where it would have been at once.
    fireEvent.keyDown(map, { key: '0' });
    await waitFor(() => expect(ticks()).toEqual(before));
  });

  it('comes to rest where the last place is that was read on the way', async () => {
    const { map } = await open();
    act(() => map.focus());
    fireEvent.keyDown(map, { key: 'Home' });
    fireEvent.keyDown(map, { key: 'ArrowRight' });
    expect(tooltip()).toHaveTextContent('Oslo');
    for (const key of ['+', '+', '+']) fireEvent.keyDown(map, { key });
    expect(tooltip()).toHaveTextContent('Oslo');
    still = false;
    const frames: FrameRequestCallback[] = [];
    vi.spyOn(window, 'requestAnimationFrame').mockImplementation((draw) => frames.push(draw));
    // Away from Oslo, which is still in sight when it is read again.
    fireEvent.keyDown(map, { key: 'ArrowLeft' });
    fireEvent.keyDown(map, { key: 'ArrowRight' });
    expect(frames.length).toBeGreaterThan(0);
    for (const now of [0, 1_000]) act(() => frames.at(-1)?.(now));
    expect(map).toHaveTextContent('Oslo: Stops 1');
    expect(tooltip()).toHaveTextContent('Oslo');
  });

  it('is taken and moved by keys, and what is read comes into sight', async () => {
    const { user, map } = await open();
    const before = ticks();
    map.focus();
    await user.keyboard('+++');
    const near = ticks();
    expect(near).not.toEqual(before);
    await user.keyboard('{Shift>}{ArrowUp}{/Shift}');
    expect(ticks()).not.toEqual(near);
    expect(ring()).toBeNull();
    for (const name of ['Rome', 'Oslo', 'Berlin']) {
      await user.keyboard('{ArrowRight}');
      expect(map).toHaveTextContent(`${name}: Stops 1`);
      expect(tooltip()).toHaveTextContent(name);
      expect(Number(ring()?.getAttribute('cx'))).toBeGreaterThanOrEqual(0);
      expect(Number(ring()?.getAttribute('cx'))).toBeLessThanOrEqual(800);
    }
    await user.keyboard('---');
    expect(ticks()).toEqual(before);
    await user.keyboard('+0');
    expect(ticks()).toEqual(before);
  });

  it('follows the wheel of who is at the map, and lets others scroll the page', async () => {
    const { map } = await open();
    const before = ticks();
    const turn = (part: WheelEventInit) => {
      const event = createEvent.wheel(map, { clientX: 400, clientY: 200, ...part });
      fireEvent(map, event);
      return event.defaultPrevented;
    };
    expect(turn({ deltaY: -500 })).toBe(false);
    expect(ticks()).toEqual(before);
    expect(turn({ deltaY: -100, ctrlKey: true })).toBe(true);
    expect(ticks()).not.toEqual(before);
    act(() => map.focus());
    expect(turn({ deltaY: 5_000 })).toBe(true);
    expect(ticks()).toEqual(before);
    // It is the whole by now: further out is the page.
    expect(turn({ deltaY: 100 })).toBe(false);
  });

  it('follows two fingers', async () => {
    const { map } = await open();
    const before = ticks();
    const finger = (pointerId: number, clientX: number) => ({
      pointerId,
      pointerType: 'touch',
      clientX,
      clientY: 200,
    });
    fireEvent.pointerDown(map, finger(1, 350));
    fireEvent.pointerDown(map, finger(2, 450));
    fireEvent.pointerMove(map, finger(1, 200));
    fireEvent.pointerMove(map, finger(2, 600));
    expect(ticks()).not.toEqual(before);
    expect(button('Show all places')).not.toHaveAttribute('aria-disabled');
    expect(tooltip()).toBeNull();
  });
});

describe('a pointer', () => {
  const middle = { clientX: 400, clientY: 200, pointerId: 1 };
  const rome = { places: [at(41.9, 12.5)], names: ['Rome'] };

  it('that was let go elsewhere is no second finger, and its drag is over', async () => {
    const onPick = vi.fn();
    const { map } = await open(rome, onPick);
    const mouse = { ...middle, pointerType: 'mouse', isPrimary: true, button: 0, buttons: 1 };
    const finger = { ...middle, pointerId: 2, pointerType: 'touch', isPrimary: true };
    fireEvent.click(button('Zoom in'));
    fireEvent.pointerDown(map, mouse);
    fireEvent.pointerMove(map, { ...mouse, clientX: 300 });
    fireEvent.click(button('Show all places'));
    fireEvent.pointerDown(map, finger);
    fireEvent.pointerMove(map, { ...finger, clientX: 402 });
    fireEvent.pointerMove(map, { ...finger, clientX: 600 });
    // There is nothing beside all of it to drag in, and one finger does not zoom.
    expect(button('Show all places')).toHaveAttribute('aria-disabled', 'true');
    fireEvent.pointerUp(map, finger);
    fireEvent.click(map, middle);
    expect(onPick).toHaveBeenCalledExactlyOnceWith(0);
  });

  it('that drags moves the map and picks nothing; a click picks', async () => {
    const onPick = vi.fn();
    const { map } = await open(rome, onPick);
    fireEvent.click(button('Zoom in'));
    const near = ticks();
    fireEvent.pointerMove(map, middle);
    expect(tooltip()).toHaveTextContent('Rome');
    fireEvent.pointerDown(map, { ...middle, button: 0, buttons: 1 });
    fireEvent.pointerMove(map, { ...middle, clientX: 300, buttons: 1 });
    expect(tooltip()).toBeNull();
    fireEvent.pointerUp(map, { ...middle, clientX: 300 });
    fireEvent.click(map, { clientX: 300, clientY: 200 });
    expect(ticks()).not.toEqual(near);
    expect(onPick).not.toHaveBeenCalled();
    fireEvent.pointerDown(map, { ...middle, clientX: 300, button: 0, buttons: 1 });
    fireEvent.pointerUp(map, { ...middle, clientX: 300 });
    fireEvent.click(map, { clientX: 300, clientY: 200 });
    expect(onPick).toHaveBeenCalledExactlyOnceWith(0);
  });

  it('is followed after keys', async () => {
    const { map } = await open();
    const { cx, cy } = await circleOf(map, 'Rome');
    fireEvent.keyDown(map, { key: 'End' });
    expect(tooltip()).not.toHaveTextContent('Rome');
    fireEvent.pointerMove(map, { clientX: cx, clientY: cy });
    expect(tooltip()).toHaveTextContent('Rome');
  });

  it('says nothing of a mark that the map has moved away from under it', async () => {
    const { map } = await open();
    const { cx, cy } = await circleOf(map, 'Rome');
    fireEvent.pointerMove(map, { clientX: cx, clientY: cy });
    expect(tooltip()).toHaveTextContent('Rome');
    fireEvent.click(button('Zoom in'));
    expect(tooltip()).toBeNull();
  });

  it('of a finger taps, and what it says stays until the next touch elsewhere', async () => {
    const onPick = vi.fn();
    const { map } = await open(rome, onPick);
    const touch = { ...middle, pointerType: 'touch' };
    fireEvent.pointerDown(map, touch);
    fireEvent.pointerUp(map, touch);
    fireEvent.pointerLeave(map, touch);
    fireEvent.click(map, { clientX: 400, clientY: 200 });
    expect(onPick).toHaveBeenCalledExactlyOnceWith(0);
    expect(tooltip()).toHaveTextContent('Rome');
    fireEvent.pointerDown(document.body, touch);
    expect(tooltip()).toBeNull();
    fireEvent.pointerDown(map, touch);
    expect(tooltip()).toHaveTextContent('Rome');
    // It has turned out to move the page.
    fireEvent.pointerCancel(map, touch);
    expect(tooltip()).toBeNull();
  });
});

/** As on a live dashboard: other answers come while the map is looked at. */
function Live({ answers }: { answers: MapSpec[] }) {
  const [now, setNow] = useState(0);
  return (
    <>
      <button onClick={() => setNow(now + 1)}>Next answer</button>
      <PointMap spec={answers[now] ?? spec} />
    </>
  );
}

it('tells the place that was tapped on, wherever it stands in later answers, until it is gone', async () => {
  const [rome, oslo, berlin] = [at(41.9, 12.5), at(59.9, 10.7), at(52.5, 13.4)];
  const first = [
    { ...rome, size: 3 },
    { ...oslo, size: 2 },
    { ...berlin, size: 1 },
  ];
  const later = [
    { ...oslo, size: 9 },
    { ...berlin, size: 1 },
    { ...rome, size: 4 },
  ];
  renderApp(
    <Live
      answers={[
        { ...spec, places: first },
        { ...spec, places: later, names: ['Oslo', 'Berlin', 'Rome'] },
        { ...spec, places: later, names: ['Oslo', 'Berlin', 'Ostia'] },
      ]}
    />,
  );
  await waitFor(() => expect(ticks().length).toBeGreaterThan(0));
  const map = screen.getByRole('group', { name: /^Stops at/ });
  const { cx, cy } = await circleOf(map, 'Rome');
  fireEvent.pointerDown(map, { clientX: cx, clientY: cy, pointerId: 1, pointerType: 'touch' });
  expect(tooltip()).toHaveTextContent('RomeStops 3');
  fireEvent.click(button('Next answer'));
  expect(tooltip()).toHaveTextContent('RomeStops 4');
  fireEvent.click(button('Next answer'));
  expect(tooltip()).toBeNull();
});

/** Where a mark is drawn, by reading it. */
async function circleOf(map: HTMLElement, name: string) {
  act(() => map.focus());
  fireEvent.keyDown(map, { key: 'Home' });
  while (!map.textContent.includes(`${name}: `)) fireEvent.keyDown(map, { key: 'ArrowRight' });
  const [cx, cy] = ['cx', 'cy'].map((key) => Number(ring()?.getAttribute(key)));
  fireEvent.keyDown(map, { key: 'Escape' });
  return { cx, cy };
}
