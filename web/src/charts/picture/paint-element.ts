// A part of the page painted as it stands there: canvases, SVG, words and backgrounds, by what the browser computed of them. An image of
// its markup would have other letters, because fonts of the page are not there, and the security policy lets no such image in.
import { paintShape, paintWords } from './paint-svg';
import { paintText } from './paint-text';

export interface Origin {
  x: number;
  y: number;
}

const isClear = (colour: string): boolean =>
  colour === 'transparent' || /^rgba\(.*, 0\)$/.test(colour);

const sides = ['Top', 'Right', 'Bottom', 'Left'] as const;

/** The background of a box and the lines around it. */
function paintBox(
  context: CanvasRenderingContext2D,
  style: CSSStyleDeclaration,
  { x, y, width, height }: Pick<DOMRect, 'x' | 'y' | 'width' | 'height'>,
): void {
  if (!isClear(style.backgroundColor)) {
    context.fillStyle = style.backgroundColor;
    context.beginPath();
    const radius = parseFloat(style.borderTopLeftRadius) || 0;
    context.roundRect(x, y, width, height, Math.min(radius, width / 2, height / 2));
    context.fill();
  }
  for (const side of sides) {
    const thick = parseFloat(style[`border${side}Width`]) || 0;
    const colour = style[`border${side}Color`];
    if (thick === 0 || style[`border${side}Style`] === 'none' || isClear(colour)) continue;
    context.fillStyle = colour;
    const lies = side === 'Top' || side === 'Bottom';
    context.fillRect(
      side === 'Right' ? x + width - thick : x,
      side === 'Bottom' ? y + height - thick : y,
      lies ? width : thick,
      lies ? thick : height,
    );
  }
}

/** Paints an element and all that is in it but what is marked as for the screen alone (`data-picture="none"`), with `origin` of the window at the corner of the picture. */
export function paintElement(
  context: CanvasRenderingContext2D,
  element: Element,
  origin: Origin,
): void {
  if (element.getAttribute('data-picture') === 'none') return;
  const style = getComputedStyle(element);
  const opacity = style.opacity === '' ? 1 : Number(style.opacity);
  if (style.display === 'none' || style.visibility === 'hidden' || opacity === 0) return;
  const rect = element.getBoundingClientRect();
  const box = {
    x: rect.x - origin.x,
    y: rect.y - origin.y,
    width: rect.width,
    height: rect.height,
  };
  const isSvg = element instanceof SVGElement;
  // What is there for screen readers alone is a point; a line of SVG has one dimension.
  if (!isSvg && (rect.width <= 1 || rect.height <= 1) && style.position === 'absolute') return;
  context.save();
  context.globalAlpha *= opacity;
  if (element instanceof HTMLCanvasElement) {
    context.drawImage(element, box.x, box.y, box.width, box.height);
  } else if (isSvg && element.tagName === 'text') {
    paintWords(context, element as SVGTextElement, style, origin);
  } else if (isSvg && element.tagName !== 'svg' && element.tagName !== 'g') {
    paintShape(context, element as SVGGraphicsElement, style, origin);
  } else {
    if (!isSvg) paintBox(context, style, box);
    if (style.overflowX !== 'visible' && style.overflowX !== '') {
      context.beginPath();
      context.rect(box.x, box.y, box.width, box.height);
      context.clip();
    }
    for (const child of element.childNodes) {
      if (child instanceof Element) paintElement(context, child, origin);
      else if (child instanceof Text) paintText(context, child, style, origin);
    }
  }
  context.restore();
}
