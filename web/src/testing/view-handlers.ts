// Views of the mocked server, over the joined flights: what they show is told as the real one tells it.
import { http, HttpResponse } from 'msw';
import type { View, ViewDetail } from '@/api/types';
import { problem } from './fixtures';
import { joinedFlights } from './joined-fixtures';

const base = '*/api/v1';

export const punctuality: View = {
  name: 'punctuality',
  label: 'Punctuality',
  description: 'How late flights are, for everybody.',
  version: 2,
  include: [
    {
      path: 'flights',
      members: ['count', { name: 'avg_arr_delay', alias: 'delay', label: 'Delay' }, 'carrier'],
    },
    { path: 'flights.planes', members: '*', prefix: true },
  ],
};

export const detailOf = (view: View, problems: string[] = []): ViewDetail => ({
  definition: view,
  time_dimension: null,
  dimensions: [
    {
      name: 'carrier',
      label: 'Carrier',
      type: 'string',
      format: null,
      member: 'flights.carrier',
    },
  ],
  measures: joinedFlights.measures.slice(0, 2).map(({ name, label, kind }) => ({
    name,
    label,
    kind,
    format: null,
    lower_is_better: false,
    member: `flights.${name}`,
  })),
  segments: [],
  hierarchies: [],
  folders: [],
  problems,
});

let stored: View[] = [punctuality];

export const resetViews = (views: View[] = [punctuality]): void => {
  stored = views;
};

export const storedViews = (): readonly View[] => stored;

const notFound = () =>
  HttpResponse.json(problem(404, 'not_found', 'There is no such view'), { status: 404 });

export const viewHandlers = [
  http.get(`${base}/views`, () =>
    HttpResponse.json({ items: stored.map((view) => detailOf(view)) }),
  ),
  http.get(`${base}/views/:name`, ({ params }) => {
    const found = stored.find(({ name }) => name === params.name);
    return found ? HttpResponse.json(detailOf(found)) : notFound();
  }),
  http.put(`${base}/views/:name`, async ({ params, request }) => {
    const body = (await request.json()) as View;
    const found = stored.find(({ name }) => name === params.name);
    const version = found?.version ?? 0;
    if (request.headers.get('If-Match') !== `"${version}"`)
      return HttpResponse.json(problem(412, 'precondition_failed', 'Newer'), { status: 412 });
    const saved = { ...body, version: version + 1 };
    stored = [...stored.filter((view) => view !== found), saved];
    return HttpResponse.json(saved);
  }),
  http.delete(`${base}/views/:name`, ({ params }) => {
    stored = stored.filter(({ name }) => name !== params.name);
    return new HttpResponse(null, { status: 204 });
  }),
];
