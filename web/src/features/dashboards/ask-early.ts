// Asks what a dashboard shows before React has drawn its page: the dashboard and the models together, then the queries
// of the cards that will be in view. The cards find the answers, or the requests on their way, under the same keys.
import { dashboardsApi } from '@/api/dashboards-api';
import { modelsApi } from '@/api/models-api';
import { queryApi } from '@/api/query-api';
import { resultStore } from '@/api/result-store';
import type { Model, Widget } from '@/api/types';
import type { AppDispatch } from '@/app/store';
import { placeCards } from './view/first-view';
import type { Screen } from './view/first-view';
import { readView } from './view/url-state';
import { comparisonQuery, timeMemberOf, viewOf, viewQuery } from './view/view-query';
import { preloadViews } from './widgets/registry';

/** Nobody listens yet; an answer that nobody comes for is forgotten like any other. */
const unheard = { subscribe: false };

export async function askDashboardEarly(
  dispatch: AppDispatch,
  id: string,
  search: string,
  screen: Screen,
): Promise<void> {
  const models = dispatch(modelsApi.endpoints.listModels.initiate(undefined, unheard));
  const { data: dashboard } = await dispatch(
    dashboardsApi.endpoints.getDashboard.initiate(id, unheard),
  );
  if (!dashboard) return;
  const { definition } = dashboard;
  preloadViews(definition.widgets.map((widget) => widget.kind));
  const view = viewOf(definition, readView(new URLSearchParams(search)));

  const ask = async (widget: Widget, known: readonly Model[]): Promise<void> => {
    const query = viewQuery(widget, definition, view, known);
    const { data } = await dispatch(queryApi.endpoints.runQuery.initiate(query, unheard));
    if (!data || widget.options?.comparison !== 'previous_period') return;
    const range = resultStore.get(data.key)?.result.provenance.time_range ?? null;
    const time = timeMemberOf(definition, widget.query, known);
    const before = comparisonQuery(query, time, range, view.zone);
    if (before) void dispatch(queryApi.endpoints.runQuery.initiate(before, unheard));
  };

  const near = placeCards(definition.widgets, screen)
    .filter(({ startsNear }) => startsNear)
    .map(({ widget }) => widget);
  // Most dashboards name their time themselves; only for the others the models have to be known.
  const hasTime = (widget: Widget) => timeMemberOf(definition, widget.query, []) !== null;
  for (const widget of near.filter(hasTime)) void ask(widget, []);
  const others = near.filter((widget) => !hasTime(widget));
  if (others.length === 0) return;
  const { data: known = [] } = await models;
  for (const widget of others) void ask(widget, known);
}
