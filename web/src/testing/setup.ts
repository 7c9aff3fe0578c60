// Before every test file: matchers, what jsdom lacks, a fixed locale, and the mocked server.
import '@testing-library/jest-dom/vitest';
import { cleanup, configure } from '@testing-library/react';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { dropSession } from '@/api/reauth';
import { setFormatLocale } from '@/lib/format';
import { resetMockState } from './mock-state';
import { server } from './server';

setFormatLocale('en-GB');
// A busy machine may take its time; what does not come at all still fails.
configure({ asyncUtilTimeout: 10_000 });

class FixedSizeObserver implements ResizeObserver {
  constructor(private readonly callback: ResizeObserverCallback) {}
  observe(target: Element) {
    const contentRect = {
      width: 800,
      height: 400,
      top: 0,
      left: 0,
      right: 800,
      bottom: 400,
      x: 0,
      y: 0,
    };
    const size = [{ inlineSize: 800, blockSize: 400 }];
    const entry = {
      target,
      contentRect: { ...contentRect, toJSON: () => contentRect },
      borderBoxSize: size,
      contentBoxSize: size,
      devicePixelContentBoxSize: size,
    };
    queueMicrotask(() => this.callback([entry], this));
  }
  unobserve() {}
  disconnect() {}
}

globalThis.ResizeObserver ??= FixedSizeObserver;
// Virtual lists ask for the size of their box, which has none here.
for (const [name, value] of Object.entries({
  offsetHeight: 400,
  offsetWidth: 800,
  clientHeight: 400,
  clientWidth: 800,
}))
  Object.defineProperty(HTMLElement.prototype, name, { configurable: true, value });
window.matchMedia ??= (query) =>
  ({
    matches: false,
    media: query,
    onchange: null,
    addEventListener() {},
    removeEventListener() {},
    addListener() {},
    removeListener() {},
    dispatchEvent: () => false,
  }) as MediaQueryList;
window.scrollTo = () => {};
Element.prototype.scrollTo ??= () => {};
Element.prototype.scrollIntoView ??= () => {};

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
afterEach(() => {
  cleanup();
  // Each app that is rendered has its styles anew; the older ones would be matched against every element of the tests that follow.
  document.querySelectorAll('style[data-emotion^="tm"]').forEach((style) => style.remove());
  server.resetHandlers();
  resetMockState();
  dropSession();
  localStorage.clear();
});
afterAll(() => server.close());
