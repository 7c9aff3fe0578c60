// Words of the page on a canvas, line by line where the browser broke them, and with an ellipsis where it shows one.
import { shorten } from '../core/geometry';
import type { Origin } from './paint-element';

export const fontOf = (style: CSSStyleDeclaration): string =>
  `${style.fontStyle} ${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;

interface Line {
  text: string;
  rect: DOMRect;
}

/** The lines of a text, each with where it stands. */
function linesOf(text: Text): Line[] {
  const range = document.createRange();
  range.selectNodeContents(text);
  const [whole, ...more] = range.getClientRects();
  if (whole === undefined) return [];
  if (more.length === 0) return [{ text: text.data, rect: whole }];
  const lines: Line[] = [];
  for (let at = 0; at < text.length; at += 1) {
    range.setStart(text, at);
    range.setEnd(text, at + 1);
    const [rect] = range.getClientRects();
    // What a line ends with is nowhere.
    if (rect === undefined) continue;
    const line = lines.at(-1);
    if (line && Math.abs(line.rect.top - rect.top) < rect.height / 2) line.text += text.data[at];
    else lines.push({ text: text.data[at] ?? '', rect });
  }
  return lines;
}

/** What is seen of a line that its box cuts. */
function seen(context: CanvasRenderingContext2D, words: string, box: HTMLElement | null): string {
  if (box === null || box.scrollWidth <= box.clientWidth) return words;
  if (getComputedStyle(box).textOverflow !== 'ellipsis') return words;
  return shorten(words, box.clientWidth, (text) => context.measureText(text).width);
}

export function paintText(
  context: CanvasRenderingContext2D,
  text: Text,
  style: CSSStyleDeclaration,
  origin: Origin,
): void {
  if (text.data.trim() === '') return;
  context.font = fontOf(style);
  context.fillStyle = style.color;
  context.textBaseline = 'alphabetic';
  context.textAlign = 'left';
  for (const { text: line, rect } of linesOf(text)) {
    const words = line.replace(/\s+/g, ' ').trimStart();
    const { fontBoundingBoxAscent: up, fontBoundingBoxDescent: down } = context.measureText(words);
    const baseline = rect.top + (rect.height - up - down) / 2 + up;
    context.fillText(
      seen(context, words, text.parentElement),
      rect.left - origin.x,
      baseline - origin.y,
    );
  }
}
