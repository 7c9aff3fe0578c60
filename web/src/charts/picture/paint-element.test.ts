// What is painted of a part of the page: its words where they stand and its canvases, and nothing of what is for the screen alone.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { paintElement } from './paint-element';

/** A context that writes down what it is told to draw. */
function recorder() {
  const drawn: unknown[][] = [];
  const known: Record<string, unknown> = {
    globalAlpha: 1,
    measureText: () => ({ width: 10, fontBoundingBoxAscent: 9, fontBoundingBoxDescent: 3 }),
    fillText: (...args: unknown[]) => drawn.push(['text', ...args]),
    drawImage: (...args: unknown[]) => drawn.push(['image', ...args.slice(1)]),
  };
  const context = new Proxy(known, {
    get: (target, name: string) => target[name] ?? (() => undefined),
  });
  return { drawn, context: context as unknown as CanvasRenderingContext2D };
}

const rect = (x: number, y: number, width: number, height: number): DOMRect =>
  ({ x, y, left: x, top: y, width, height }) as DOMRect;

beforeEach(() => {
  // jsdom lays nothing out: elements say where they are.
  vi.spyOn(Element.prototype, 'getBoundingClientRect').mockImplementation(function (this: Element) {
    const [x = 0, y = 0, width = 50, height = 12] = (this.getAttribute('data-at') ?? '')
      .split(' ')
      .filter(Boolean)
      .map(Number);
    return rect(x, y, width, height);
  });
  Range.prototype.getClientRects = function (this: Range) {
    const around = this.startContainer.parentElement!.getBoundingClientRect();
    return [around] as unknown as DOMRectList;
  };
});

afterEach(() => {
  vi.restoreAllMocks();
  Reflect.deleteProperty(Range.prototype, 'getClientRects');
  document.body.replaceChildren();
});

it('has words and canvases where they stand, and not what is for the screen or for screen readers alone', () => {
  document.body.innerHTML = `
    <section data-at="100 200 300 100">
      <h2 data-at="110 210 80 12">Flights by  day</h2>
      <button data-picture="none" data-at="380 210 16 16">Menu</button>
      <span style="position: absolute" data-at="0 0 1 1">Use the arrow keys</span>
      <span style="display: none" data-at="0 0 20 20">Gone</span>
      <canvas data-at="110 230 280 60"></canvas>
    </section>`;
  const { drawn, context } = recorder();
  paintElement(context, document.querySelector('section')!, { x: 90, y: 190 });
  expect(drawn).toEqual([
    ['text', 'Flights by day', 20, 29],
    ['image', 20, 40, 280, 60],
  ]);
});
