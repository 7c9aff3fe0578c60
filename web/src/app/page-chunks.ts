// The chunks of pages: what the router draws lazily, and how they are fetched before they are needed,
// beside the session and its data instead of after them.
import { chunkComponent } from '@/components/chunk-component';
import type * as EarlyQuestions from '@/features/dashboards/ask-early';
import { whenIdle } from '@/lib/when-idle';

export const pages = {
  setup: chunkComponent(() => import('./pages/setup-page')),
  signIn: chunkComponent(() => import('./pages/sign-in-page')),
  home: chunkComponent(() => import('./pages/home-page')),
  dashboard: chunkComponent(() => import('./pages/dashboard-page')),
  explore: chunkComponent(() => import('./pages/explore-page')),
  sql: chunkComponent(() => import('./pages/sql-page')),
  datasets: chunkComponent(() => import('./pages/datasets-page')),
  dataset: chunkComponent(() => import('./pages/dataset-page')),
  upload: chunkComponent(() => import('./pages/upload-page')),
  model: chunkComponent(() => import('./pages/model-page')),
  views: chunkComponent(() => import('./pages/views-page')),
  settings: chunkComponent(() => import('./pages/settings-page')),
  notFound: chunkComponent(() => import('./pages/not-found-page')),
};

export type PageName = keyof typeof pages;

// The page that a path will show; null for those that are quick or seldom.
export function pageOf(path: string): PageName | null {
  const [first = '', second] = path.split(/[?#]/)[0]?.split('/').filter(Boolean) ?? [];
  if (first === '') return 'home';
  if (first === 'sign-in') return 'signIn';
  if (first === 'dashboards' && second !== undefined) return 'dashboard';
  if (first === 'models' && second !== undefined) return 'model';
  if (first === 'datasets') {
    if (second === undefined) return 'datasets';
    return second === 'upload' ? 'upload' : 'dataset';
  }
  return ['explore', 'settings', 'sql', 'views'].includes(first) ? (first as PageName) : null;
}

let earlyQuestions: typeof EarlyQuestions | null = null;

// What asks for the data of a dashboard before its page is drawn. Kept, because a browser answers the import even of code
// that it has only in a later task, behind the drawing that this is to go before.
export async function loadEarlyQuestions(): Promise<typeof EarlyQuestions> {
  earlyQuestions ??= await import('@/features/dashboards/ask-early');
  return earlyQuestions;
}

// A chunk that does not come is asked for again, and complained about, by the page that needs it.
export function preloadPage(path: string): void {
  const page = pageOf(path);
  if (page !== null) pages[page].preload().catch(() => undefined);
  if (page === 'dashboard') loadEarlyQuestions().catch(() => undefined);
}

// While nothing else is to be done: what most people open next, with everything that its cards draw.
export function preloadDashboardWhenIdle(): () => void {
  const load = () => {
    preloadPage('/dashboards/any');
    void import('@/widgets/registry')
      .then(({ preloadViews, widgetKinds }) => preloadViews(widgetKinds.map(({ kind }) => kind)))
      .catch(() => undefined);
    void import('@/lib/format/first-use')
      .then(({ loadFormats }) => loadFormats())
      .catch(() => undefined);
  };
  return whenIdle(load, 2_000);
}
