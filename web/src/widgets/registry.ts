// Every widget kind, one line each, in the order in which the chooser shows them.
import type { WidgetKind } from '@/api/types';
import { area } from './area/spec';
import { bar } from './bar/spec';
import { heatmap } from './heatmap/spec';
import { line } from './line/spec';
import { map } from './map/spec';
import { number } from './number/spec';
import { stackedBar } from './stacked-bar/spec';
import { table } from './table/spec';
import type { WidgetKindSpec } from './widget-kind';

export const widgetKinds: readonly WidgetKindSpec[] = [
  number,
  line,
  area,
  bar,
  stackedBar,
  heatmap,
  map,
  table,
];

/** null for a kind of a newer version: the card says so, the dashboard still opens. */
export const kindOf = (kind: WidgetKind): WidgetKindSpec | null =>
  widgetKinds.find((entry) => entry.kind === kind) ?? null;

/** A chunk that does not come is asked for again, and complained about, by the card that draws it. */
export function preloadViews(kinds: readonly WidgetKind[]): void {
  for (const kind of new Set(kinds))
    kindOf(kind)
      ?.View.preload()
      .catch(() => undefined);
}
