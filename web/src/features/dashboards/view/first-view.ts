// The geometry of the reading grid, and which cards will be in view when a dashboard opens: known from
// the layout alone, so that their queries need not wait for the first paint. Pure.
import type { Widget } from '@/api/types';
import { NEAR_PX } from '../card/use-near-viewport';
import { readingOrder } from '../edit/layout-moves';

export const ROW_HEIGHT = 48;
export const GAP = 12;
/** Narrower screens have one column. */
const PHONE_BELOW_PX = 600;
/** Of their rows, this many fit on a screen, or just below it. */
const ON_A_PHONE = 4;
/** Numbers that share a row on a phone say in two lines how they changed. */
const PAIR_ROWS = 2.4;

/** How high a card is where it stands alone in its row. */
export const phoneRows = ({ kind, layout }: Pick<Widget, 'kind' | 'layout'>): number =>
  kind === 'number' ? 2 : Math.min(8, Math.max(5, layout.h));

export const heightOf = (rows: number): number => rows * ROW_HEIGHT + (rows - 1) * GAP;

export interface Screen {
  width: number;
  height: number;
}

export interface PlacedWidget {
  widget: Widget;
  /** Shares its row with another number where the screen has one column for everything else. */
  paired: boolean;
  /** Believed until the observer has looked; what stands above the grid is not counted. */
  startsNear: boolean;
}

/** How high a card is on a phone. */
export const phoneHeight = ({ widget, paired }: PlacedWidget): number =>
  heightOf(paired ? PAIR_ROWS : phoneRows(widget));

/** The rows of a phone: numbers that follow each other two and two, everything else alone. */
function rowsOf(widgets: readonly Widget[]): Widget[][] {
  const rows: Widget[][] = [];
  for (const widget of widgets) {
    const last = rows.at(-1);
    const waits = last?.length === 1 && last[0]?.kind === 'number';
    if (waits && widget.kind === 'number') last.push(widget);
    else rows.push([widget]);
  }
  return rows;
}

/** Cards in the order in which they are read. */
export function placeCards(widgets: readonly Widget[], screen: Screen): PlacedWidget[] {
  const phone = screen.width < PHONE_BELOW_PX;
  return rowsOf(readingOrder(widgets)).flatMap((row, at) =>
    row.map((widget) => ({
      widget,
      paired: row.length > 1,
      startsNear: phone
        ? at < ON_A_PHONE
        : widget.layout.y * (ROW_HEIGHT + GAP) < screen.height + NEAR_PX / 2,
    })),
  );
}
