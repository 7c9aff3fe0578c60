// A clock inside the page: when "Sign in" was clicked, when the session was answered, and when cards were drawn. Inside,
// because asking from outside would measure the asking.
import type { Page } from '@playwright/test';

/** Milliseconds since the page began; 0 is "not yet". */
export interface DrawingTimes {
  clicked: number;
  answered: number;
  firstCard: number;
  allCards: number;
}

/** Call before the page is opened. */
export async function watchDrawing(page: Page, cards: number): Promise<void> {
  await page.addInitScript((expected) => {
    const times = { clicked: 0, answered: 0, firstCard: 0, allCards: 0 };
    Object.assign(window, { drawingTimes: times });
    document.addEventListener(
      'click',
      (event) => {
        const target = event.target as Element;
        if (target.closest('button[type="submit"]')) times.clicked = event.timeStamp;
      },
      true,
    );
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as PerformanceResourceTiming[])
        if (entry.name.endsWith('/api/v1/session')) times.answered = entry.responseEnd;
    }).observe({ type: 'resource', buffered: true });

    // Complete: nothing of it is on its way, and there is a picture, a table, or a number with its comparison.
    const isDrawn = (card: Element): boolean =>
      card.matches('[data-state="ready"][aria-busy="false"]') &&
      card.querySelector('[aria-busy="true"]') === null &&
      (card.querySelector('[data-chart] svg') !== null
        ? card.querySelector('[data-chart] canvas') !== null
        : card.querySelector('[data-testid="widget-comparison"], [role="gridcell"]') !== null);
    let seen = 0;
    const look = (): void => {
      // What the frame before was complete with has been painted by now.
      const now = performance.now();
      if (seen > 0) times.firstCard ||= now;
      if (seen === expected) times.allCards ||= now;
      const drawn = [...document.querySelectorAll('[data-widget-id]')].map(isDrawn);
      seen = drawn.filter(Boolean).length;
      if (times.allCards === 0) requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, cards);
}

export async function drawingTimes(page: Page): Promise<DrawingTimes> {
  const read = (): DrawingTimes =>
    (window as unknown as { drawingTimes: DrawingTimes }).drawingTimes;
  await page.waitForFunction(
    () => (window as unknown as { drawingTimes: { allCards: number } }).drawingTimes.allCards > 0,
    undefined,
    { polling: 250, timeout: 30_000 },
  );
  return page.evaluate(read);
}

/** Canvases on which nothing was painted. */
export async function blankCanvases(page: Page): Promise<number> {
  return page.evaluate(() => {
    const isBlank = (canvas: HTMLCanvasElement): boolean => {
      const pixels = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data;
      return pixels?.every((value) => value === 0) ?? true;
    };
    return [...document.querySelectorAll('canvas')].filter(isBlank).length;
  });
}
