// Moves and sizes on the twelve-column grid, without a mouse. What is moved wins its place, others
// make room downwards, then everything floats up. The same rules as dragging. Pure.
import type { WidgetLayout } from '@/api/types';

export const COLUMNS = 12;
export const MIN_WIDTH = 2;
export const MIN_HEIGHT = 2;
export const MAX_HEIGHT = 24;

export interface Placed {
  id: string;
  layout: WidgetLayout;
}

export const overlaps = (a: WidgetLayout, b: WidgetLayout): boolean =>
  a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

export function clampLayout(layout: WidgetLayout): WidgetLayout {
  const w = Math.min(COLUMNS, Math.max(MIN_WIDTH, Math.round(layout.w)));
  const h = Math.min(MAX_HEIGHT, Math.max(MIN_HEIGHT, Math.round(layout.h)));
  return {
    x: Math.min(COLUMNS - w, Math.max(0, Math.round(layout.x))),
    y: Math.max(0, Math.round(layout.y)),
    w,
    h,
  };
}

/** Lets every card float up as far as it can; `first` keeps its claim among equals. */
export function compact(items: readonly Placed[], first?: string): Placed[] {
  const order = [...items].sort(
    (a, b) =>
      a.layout.y - b.layout.y ||
      Number(b.id === first) - Number(a.id === first) ||
      a.layout.x - b.layout.x,
  );
  const done: Placed[] = [];
  for (const item of order) {
    let layout = clampLayout(item.layout);
    const collides = (candidate: WidgetLayout): boolean =>
      done.some((other) => overlaps(candidate, other.layout));
    while (collides(layout)) layout = { ...layout, y: layout.y + 1 };
    while (layout.y > 0 && !collides({ ...layout, y: layout.y - 1 })) {
      layout = { ...layout, y: layout.y - 1 };
    }
    done.push({ id: item.id, layout });
  }
  // Back in the order in which they came, so that nothing else in the dashboard changes.
  const byId = new Map(done.map((item) => [item.id, item.layout]));
  return items.map((item) => ({ id: item.id, layout: byId.get(item.id) ?? item.layout }));
}

/** Puts a card at a wanted place and size; the others make room. */
export function place(items: readonly Placed[], id: string, wanted: WidgetLayout): Placed[] {
  const layout = clampLayout(wanted);
  return compact(
    items.map((item) => (item.id === id ? { id, layout } : item)),
    id,
  );
}

const sharesColumns = (a: WidgetLayout, b: WidgetLayout): boolean =>
  a.x < b.x + b.w && b.x < a.x + a.w;

/** Downwards, a card changes places with the row of cards below it; without that row it stays. */
function stepDown(items: readonly Placed[], id: string, layout: WidgetLayout): Placed[] {
  const bottom = layout.y + layout.h;
  const below = items
    .filter(
      (item) => item.id !== id && sharesColumns(item.layout, layout) && item.layout.y >= bottom,
    )
    .sort((a, b) => a.layout.y - b.layout.y);
  const nearest = below[0];
  if (!nearest) return [...items];
  const edge = nearest.layout.y + nearest.layout.h;
  const row = new Set(below.filter((item) => item.layout.y < edge).map((item) => item.id));
  const shift = nearest.layout.y - layout.y;
  const raised = items.map((item) =>
    row.has(item.id) ? { id: item.id, layout: { ...item.layout, y: item.layout.y - shift } } : item,
  );
  const y = Math.max(
    ...raised.filter((item) => row.has(item.id)).map((item) => item.layout.y + item.layout.h),
  );
  return compact(
    raised.map((item) => (item.id === id ? { id, layout: { ...layout, y } } : item)),
    id,
  );
}

export type Direction = 'left' | 'right' | 'up' | 'down';

/** One arrow key: sideways by a column, up and down past the neighbouring card. */
export function step(items: readonly Placed[], id: string, direction: Direction): Placed[] {
  const moved = items.find((item) => item.id === id);
  if (!moved) return [...items];
  const { layout } = moved;
  if (direction === 'left') return place(items, id, { ...layout, x: layout.x - 1 });
  if (direction === 'right') return place(items, id, { ...layout, x: layout.x + 1 });
  if (direction === 'down') return stepDown(items, id, layout);
  const above = items
    .filter(
      (item) =>
        item.id !== id &&
        item.layout.y + item.layout.h <= layout.y &&
        sharesColumns(item.layout, layout),
    )
    .sort((a, b) => b.layout.y + b.layout.h - (a.layout.y + a.layout.h))[0];
  return place(items, id, { ...layout, y: above ? above.layout.y : layout.y - 1 });
}

/** One Shift+arrow: wider, narrower, taller, shorter. */
export function resize(items: readonly Placed[], id: string, direction: Direction): Placed[] {
  const sized = items.find((item) => item.id === id);
  if (!sized) return [...items];
  const { layout } = sized;
  const width = direction === 'right' ? 1 : direction === 'left' ? -1 : 0;
  const height = direction === 'down' ? 1 : direction === 'up' ? -1 : 0;
  const w = Math.min(COLUMNS - layout.x, Math.max(MIN_WIDTH, layout.w + width));
  return compact(
    items.map((item) =>
      item.id === id ? { id, layout: clampLayout({ ...layout, w, h: layout.h + height }) } : item,
    ),
    id,
  );
}

/** First free place for a new card, reading left to right and downwards. */
export function freePlace(items: readonly Placed[], w: number, h: number): WidgetLayout {
  const bottom = Math.max(0, ...items.map((item) => item.layout.y + item.layout.h));
  for (let y = 0; y <= bottom; y += 1) {
    for (let x = 0; x + w <= COLUMNS; x += 1) {
      const candidate = { x, y, w, h };
      if (!items.some((item) => overlaps(candidate, item.layout))) return candidate;
    }
  }
  return { x: 0, y: bottom, w, h };
}

/** Order in which a phone shows the cards: by row, then by column. */
export const readingOrder = <T extends { layout: WidgetLayout }>(items: readonly T[]): T[] =>
  [...items].sort((a, b) => a.layout.y - b.layout.y || a.layout.x - b.layout.x);
