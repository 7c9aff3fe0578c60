// Shapes and words of SVG on a canvas: the same path, moved to where it stands in the window.
import type { Origin } from './paint-element';
import { fontOf } from './paint-text';

const lengthOf = (element: Element, name: string): number =>
  parseFloat(element.getAttribute(name) ?? '') || 0;

function pathOf(element: SVGGraphicsElement): Path2D | null {
  const at = (name: string): number => lengthOf(element, name);
  const path = new Path2D();
  switch (element.tagName) {
    case 'path':
      return new Path2D(element.getAttribute('d') ?? '');
    case 'line':
      path.moveTo(at('x1'), at('y1'));
      path.lineTo(at('x2'), at('y2'));
      return path;
    case 'rect':
      path.roundRect(at('x'), at('y'), at('width'), at('height'), at('rx'));
      return path;
    case 'circle':
      path.arc(at('cx'), at('cy'), at('r'), 0, Math.PI * 2);
      return path;
    default:
      return null;
  }
}

/** From where the element counts to the pixels of the picture. */
function moveTo(
  context: CanvasRenderingContext2D,
  element: SVGGraphicsElement,
  origin: Origin,
): boolean {
  const matrix = element.getScreenCTM();
  if (!matrix) return false;
  const { a, b, c, d, e, f } = matrix;
  context.transform(a, b, c, d, e - origin.x, f - origin.y);
  return true;
}

const dashOf = (dash: string): number[] =>
  dash === 'none' || dash === '' ? [] : dash.split(/[ ,]+/).map((part) => parseFloat(part) || 0);

/** What is no shape, as a definition of one, paints nothing. */
export function paintShape(
  context: CanvasRenderingContext2D,
  element: SVGGraphicsElement,
  style: CSSStyleDeclaration,
  origin: Origin,
): void {
  const path = pathOf(element);
  if (path === null || !moveTo(context, element, origin)) return;
  const alpha = context.globalAlpha;
  if (style.fill !== 'none') {
    context.globalAlpha = alpha * Number(style.fillOpacity || 1);
    context.fillStyle = style.fill;
    context.fill(path);
  }
  if (style.stroke !== 'none') {
    context.globalAlpha = alpha * Number(style.strokeOpacity || 1);
    context.strokeStyle = style.stroke;
    context.lineWidth = parseFloat(style.strokeWidth) || 1;
    context.lineCap = style.strokeLinecap as CanvasLineCap;
    context.lineJoin = style.strokeLinejoin as CanvasLineJoin;
    context.setLineDash(dashOf(style.strokeDasharray));
    context.stroke(path);
  }
}

export function paintWords(
  context: CanvasRenderingContext2D,
  element: SVGTextElement,
  style: CSSStyleDeclaration,
  origin: Origin,
): void {
  const words = element.textContent;
  if (words.trim() === '' || !moveTo(context, element, origin)) return;
  // Where the first letter is, its anchor and its shift reckoned in.
  const { x, y } = element.getStartPositionOfChar(0);
  context.font = fontOf(style);
  context.textBaseline = 'alphabetic';
  context.textAlign = 'left';
  if (style.stroke !== 'none') {
    context.strokeStyle = style.stroke;
    context.lineWidth = parseFloat(style.strokeWidth) || 1;
    context.lineJoin = 'round';
    context.strokeText(words, x, y);
  }
  context.fillStyle = style.fill;
  context.fillText(words, x, y);
}
