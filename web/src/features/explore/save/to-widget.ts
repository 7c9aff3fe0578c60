// A widget of a dashboard from what is explored: its question without the range, which the dashboard's time control gives,
// or with it. Pure.
import type { Dashboard, DashboardDefinition, Model, Widget, WidgetKind } from '@/api/types';
import { toMember } from '@/lib/members';
import { timeIn } from '@/lib/said-by';
import { without } from '@/lib/without';
import { kindOf } from '@/widgets/registry';
import { mainQuery } from '../query/to-query';
import { timeOf } from '../state/fit';
import type { ExploreState } from '../state/explore-state';

export interface WidgetOrder {
  id: string;
  title: string;
  kind: WidgetKind;
  /** The dashboard's time control moves it; else the range of now stays. */
  followsTime: boolean;
}

export const newWidgetId = (taken: readonly string[]): string => {
  let number = taken.length + 1;
  while (taken.includes(`w${number}`)) number += 1;
  return `w${number}`;
};

/** Under everything that is there. */
export const bottomOf = (widgets: readonly Widget[]): number =>
  widgets.reduce((most, { layout }) => Math.max(most, layout.y + layout.h), 0);

export function toWidget(
  state: ExploreState,
  model: Model,
  order: WidgetOrder,
  y: number,
): Widget | null {
  const asked = mainQuery(state, model);
  if (asked === null) return null;
  // A limit that the page set for itself is not part of what was asked for; neither are totals and the count of all rows.
  const { timeDimensions, limit, ...rest } = without(asked, 'total', 'totals');
  const times = (timeDimensions ?? []).flatMap((entry) => {
    if (!order.followsTime) return [entry];
    const left = without(entry, 'dateRange');
    return left.granularity ? [left] : [];
  });
  const size = kindOf(order.kind)?.size ?? { w: 6, h: 5 };
  const compared = state.compare && kindOf(order.kind)?.fields.comparison === true;
  return {
    id: order.id,
    kind: order.kind,
    title: order.title,
    layout: { x: 0, y, ...size },
    query: {
      ...rest,
      ...(times.length > 0 ? { timeDimensions: times } : {}),
      ...(state.limit !== null || state.grain === null ? { limit } : {}),
    },
    options: compared ? { comparison: 'previous_period' } : {},
  };
}

/** A dashboard that begins with what is explored: its time and zone. */
export function newDefinition(state: ExploreState, model: Model): DashboardDefinition {
  const time = timeOf(state, model);
  return {
    schema: 1,
    timezone: state.zone,
    time: { range: state.range, grain: null },
    time_dimension: time === null ? null : toMember(time, model.name),
    filters: [],
    widgets: [],
  };
}

/** Whether the time control of a dashboard reaches this question. */
export function controlsTime(
  dashboard: Pick<Dashboard, 'definition'>,
  state: ExploreState,
  model: Model,
  models: readonly Model[],
): boolean {
  const time = timeOf(state, model);
  if (time === null) return false;
  const full = (name: string): string => toMember(name, model.name);
  const shared = dashboard.definition.time_dimension;
  // Named in the words of a model or of another view it is the same time.
  const called = shared ? timeIn(model.name, shared, state.measures.map(full), models) : null;
  return called === null ? model.time_dimension === time : called === full(time);
}
