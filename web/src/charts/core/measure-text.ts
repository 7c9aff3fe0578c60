// Width of axis text. Uses a scratch canvas with the axis font; where there is none (tests) the
// estimate of geometry.ts stands in. Answers are remembered: tick labels repeat endlessly.
import { estimateText } from './geometry';
import type { MeasureText } from './geometry';

export const AXIS_FONT_SIZE = 11;
const FONT = `${AXIS_FONT_SIZE}px "Inter Variable", system-ui, sans-serif`;
let context: CanvasRenderingContext2D | null | undefined;
const widths = new Map<string, number>();

function scratch(): CanvasRenderingContext2D | null {
  if (context !== undefined) return context;
  context = null;
  // jsdom has the element but not the drawing; asking would only log.
  if (typeof navigator !== 'undefined' && !/jsdom/i.test(navigator.userAgent)) {
    context = document.createElement('canvas').getContext('2d');
  }
  return context;
}

export const measureText: MeasureText = (text) => {
  const known = widths.get(text);
  if (known !== undefined) return known;
  const target = scratch();
  if (!target) return estimateText(text);
  target.font = FONT;
  const width = target.measureText(text).width + 1;
  // Until the font is there the widths are those of another one.
  if (document.fonts?.status === 'loaded') {
    if (widths.size > 5_000) widths.clear();
    widths.set(text, width);
  }
  return width;
};
