// Asks what a dashboard shows before React has drawn its page: the dashboard, the models and the views together, then the queries
// of the cards that will be in view. The cards find the answers, or the requests on their way, under the same keys.
import { dashboardsApi } from '@/api/dashboards-api';
import { modelsApi } from '@/api/models-api';
import { queryApi } from '@/api/query-api';
import { resultStore } from '@/api/result-store';
import type { Model, Widget } from '@/api/types';
import { viewsApi } from '@/api/views-api';
import type { AppDispatch } from '@/app/store';
import { placeCards } from './view/first-view';
import type { Screen } from './view/first-view';
import { comparisonQuery, versionOf } from '@/lib/comparison';
import { askable } from '@/lib/views';
import { readView } from './view/url-state';
import { isKnown, needsModels, timeMemberOf, viewOf, viewQuery } from './view/view-query';
import { preloadViews } from '@/widgets/registry';

/** Nobody listens yet; an answer that nobody comes for is forgotten like any other. */
const unheard = { subscribe: false };

/** Nobody notices a wait that is shorter; a card that takes longer shows that it is waiting. */
export const PATIENCE_MS = 150;

const underway = new Map<string, Promise<void>>();

/**
 * Settles when the cards in view have their answers, or when they take too long to be drawn together; undefined for a
 * dashboard that nobody asked for early.
 */
export const earlyAnswers = (id: string): Promise<void> | undefined => underway.get(id);

export function askDashboardEarly(
  dispatch: AppDispatch,
  id: string,
  search: string,
  screen: Screen,
): Promise<void> {
  const asking = ask(dispatch, id, search, screen).finally(() => underway.delete(id));
  underway.set(id, asking);
  return asking;
}

/** For the path of a dashboard, with its search. */
export async function askPathEarly(dispatch: AppDispatch, path: string): Promise<void> {
  const { pathname, search } = new URL(path, window.location.origin);
  const id = decodeURIComponent(pathname.split('/')[2] ?? '');
  const screen = { width: window.innerWidth, height: window.innerHeight };
  await askDashboardEarly(dispatch, id, search, screen);
}

async function ask(
  dispatch: AppDispatch,
  id: string,
  search: string,
  screen: Screen,
): Promise<void> {
  const models = dispatch(modelsApi.endpoints.listModels.initiate(undefined, unheard));
  const views = dispatch(viewsApi.endpoints.listViews.initiate(undefined, unheard));
  const { data: dashboard } = await dispatch(
    dashboardsApi.endpoints.getDashboard.initiate(id, unheard),
  );
  if (!dashboard) return;
  const { definition } = dashboard;
  preloadViews(definition.widgets.map((widget) => widget.kind));
  const view = viewOf(definition, readView(new URLSearchParams(search)));

  const askCard = async (widget: Widget, known: readonly Model[]): Promise<void> => {
    const query = viewQuery(widget, definition, view, known);
    const { data } = await dispatch(queryApi.endpoints.runQuery.initiate(query, unheard));
    if (!data || widget.options?.comparison !== 'previous_period') return;
    const first = resultStore.get(data.key)?.result.provenance ?? null;
    const time = timeMemberOf(definition, widget.query, known);
    const version = first && versionOf(first);
    const before = comparisonQuery(query, time, first, view.zone, version);
    if (before) await dispatch(queryApi.endpoints.runQuery.initiate(before, unheard));
  };
  // Most dashboards name their time themselves, and filter by its model; only for the others all models and views have to be known.
  const askInTurn = async (widget: Widget): Promise<void> => {
    if (!needsModels(definition, view, widget.query)) return askCard(widget, []);
    const [shown, behind] = [await views, await models];
    const known = askable(shown.data ?? [], behind.data ?? []);
    const complete = !shown.isError && !behind.isError;
    if (complete || isKnown(widget.query, known)) await askCard(widget, known);
  };

  const near = placeCards(definition.widgets, screen).filter(({ startsNear }) => startsNear);
  const patience = new Promise<void>((resolve) => window.setTimeout(resolve, PATIENCE_MS));
  await Promise.race([patience, Promise.all(near.map(({ widget }) => askInTurn(widget)))]);
}
