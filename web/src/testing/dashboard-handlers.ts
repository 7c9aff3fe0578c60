// Dashboards, models, queries and the live channel of the mocked server.
import { delay, http, HttpResponse, ws } from 'msw';
import type { Dashboard, NewDashboard, SemanticQuery, ValuePage, Widget } from '@/api/types';
import { answerTo } from './access-handlers';
import { explanation, flightsDashboard } from './dashboard-fixtures';
import { answer, arrive, flightsModel } from './fake-engine';
import { problem } from './fixtures';

const base = '*/api/v1';

let saved: Dashboard[] = [flightsDashboard];

/** Back to the one dashboard; tests name the cards they need, because twelve take their time. */
export function resetDashboards(widgetIds?: readonly string[]): void {
  const { definition } = flightsDashboard;
  const widgets = definition.widgets.filter((widget) => widgetIds?.includes(widget.id) ?? true);
  saved = [{ ...flightsDashboard, definition: { ...definition, widgets } }];
}

const notFound = () =>
  HttpResponse.json(problem(404, 'not_found', 'No such dashboard'), { status: 404 });

function create(body: NewDashboard): Dashboard {
  const made: Dashboard = {
    id: `d${saved.length + 1}`,
    description: null,
    ...body,
    version: 1,
    updated_at: new Date().toISOString(),
    updated_by: 'Ada Lindqvist',
  };
  saved = [...saved, made];
  return made;
}

/** A page of the values of a dimension, in order, without what is missing. */
function pageOfValues(request: Request, member: string) {
  const params = new URL(request.url).searchParams;
  const number = (name: string, usual: number): number => Number(params.get(name) ?? usual);
  const search = (params.get('search') ?? '').toLowerCase();
  const [limit, offset] = [number('limit', 100), number('offset', 0)];
  const found = (answer({ measures: [], dimensions: [member] }).data[0] ?? [])
    .filter((value) => value !== null && String(value).toLowerCase().includes(search))
    .sort((a, b) => (a! < b! ? -1 : 1));
  const values = found.slice(offset, offset + limit);
  return HttpResponse.json({ values, more: found.length > offset + limit } satisfies ValuePage);
}

export const dashboardHandlers = [
  http.get(`${base}/:of/:name/values`, ({ params, request }) => {
    const dimension = new URL(request.url).searchParams.get('dimension') ?? '';
    // What joins lead to has its whole name.
    const isJoined = dimension.includes('.');
    return pageOfValues(request, isJoined ? dimension : `${String(params.name)}.${dimension}`);
  }),
  http.get(`${base}/models`, () => HttpResponse.json({ items: [flightsModel] })),
  http.get(`${base}/dashboards`, () =>
    HttpResponse.json({
      items: saved.map(({ definition, ...rest }) => ({
        ...rest,
        widgets: definition.widgets.length,
        models: ['flights'],
      })),
    }),
  ),
  http.post(`${base}/dashboards/generate`, () =>
    HttpResponse.json(create({ title: 'Flights', definition: flightsDashboard.definition }), {
      status: 201,
    }),
  ),
  http.post(`${base}/dashboards`, async ({ request }) =>
    HttpResponse.json(create((await request.json()) as NewDashboard), { status: 201 }),
  ),
  http.get(`${base}/dashboards/:id`, ({ params }) => {
    const found = saved.find((entry) => entry.id === params.id);
    return found ? HttpResponse.json(found) : notFound();
  }),
  http.put(`${base}/dashboards/:id`, async ({ params, request }) => {
    const found = saved.find((entry) => entry.id === params.id);
    if (!found) return notFound();
    if (request.headers.get('if-match') !== `"${found.version}"`) {
      return HttpResponse.json(
        {
          ...problem(412, 'precondition_failed', 'Someone else saved a newer version'),
          current_version: found.version,
        },
        { status: 412 },
      );
    }
    const next: Dashboard = {
      ...found,
      ...((await request.json()) as NewDashboard),
      description: found.description,
      version: found.version + 1,
    };
    saved = saved.map((entry) => (entry.id === next.id ? next : entry));
    return HttpResponse.json(next);
  }),
  http.delete(`${base}/dashboards/:id`, ({ params }) => {
    saved = saved.filter((entry) => entry.id !== params.id);
    return new HttpResponse(null, { status: 204 });
  }),
  http.post(`${base}/dashboards/:id/widgets`, async ({ params, request }) => {
    const found = saved.find((entry) => entry.id === params.id);
    if (!found) return notFound();
    if (request.headers.get('if-match') !== `"${found.version}"`) {
      return HttpResponse.json(
        problem(412, 'precondition_failed', 'Someone else saved a newer version'),
        { status: 412 },
      );
    }
    const widget = (await request.json()) as Widget;
    const next: Dashboard = {
      ...found,
      version: found.version + 1,
      definition: {
        ...found.definition,
        widgets: [...found.definition.widgets, widget],
      },
    };
    saved = saved.map((entry) => (entry.id === next.id ? next : entry));
    return HttpResponse.json(next, { status: 201 });
  }),
  http.post(`${base}/queries/explain`, () => HttpResponse.json(explanation)),
  http.post(`${base}/queries`, async ({ request }) => {
    const query = (await request.json()) as SemanticQuery;
    if (request.headers.get('accept') === 'text/csv') {
      const { columns, data, row_count: rows } = answer(query);
      const lines = Array.from({ length: rows }, (_, row) =>
        data.map((column) => column[row] ?? '').join(','),
      );
      return HttpResponse.text(
        [columns.map((column) => column.name).join(','), ...lines].join('\n'),
      );
    }
    await delay(20);
    return HttpResponse.json(answer(query), { headers: { 'x-request-id': 'req-51c2' } });
  }),
];

/** Only in the browser: a socket that sends a new version every two seconds. */
export function liveHandler() {
  const live = ws.link(/^wss?:.*\/api\/v1\/live$/);
  return live.addEventListener('connection', ({ client }) => {
    const subscriptions = new Map<string, SemanticQuery>();
    let version = 3;
    let person: string | null = null;
    const timer = setInterval(() => {
      if (subscriptions.size === 0) return;
      version += 1;
      arrive(3);
      for (const [id, query] of subscriptions) {
        client.send(
          JSON.stringify({
            type: 'snapshot',
            id,
            version,
            result: answerTo(person, query, version),
          }),
        );
      }
    }, 2_000);
    client.addEventListener('close', () => clearInterval(timer));
    client.addEventListener('message', (event) => {
      const frame = JSON.parse(String(event.data)) as {
        type: string;
        id: string;
        query: SemanticQuery;
        viewAs?: string;
      };
      if (frame.type === 'hello') {
        person = frame.viewAs ?? null;
        client.send(JSON.stringify({ type: 'welcome', heartbeat_seconds: 15 }));
      }
      if (frame.type === 'unsubscribe') subscriptions.delete(frame.id);
      if (frame.type === 'subscribe') {
        subscriptions.set(frame.id, frame.query);
        client.send(
          JSON.stringify({
            type: 'snapshot',
            id: frame.id,
            version,
            result: answerTo(person, frame.query, version),
          }),
        );
      }
    });
  });
}
