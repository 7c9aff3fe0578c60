// The mocked server: answers docs/api.md as far as the screens of this app ask.
import { delay, http, HttpResponse } from 'msw';
import type { NewLoad, ServerProblemCode, TenantChange, UserRow } from '@/api/types';
import {
  datasets,
  doneLoad,
  flightsDetail,
  load,
  previewResult,
  problem,
  rejects,
  session,
  upload,
} from './fixtures';
import { contractHandlers } from './contract-handlers';
import { jobHandlers } from './job-handlers';
import { keyHandlers } from './key-handlers';
import { mockState } from './mock-state';
import { adviceHandler, checkHandler } from './model-handlers';
import { flightsModel } from './fake-engine';
import { stepHandlers } from './step-handlers';
import { trustHandlers } from './trust-handlers';
import { versionHandlers } from './version-handlers';

const base = '*/api/v1';

export function refuse(status: number, code: ServerProblemCode, title: string, detail?: string) {
  return HttpResponse.json(problem(status, code, title, detail), {
    status,
    headers: { 'content-type': 'application/problem+json', 'x-request-id': 'req-7f3a' },
  });
}

const users: UserRow[] = [
  { ...session.user, created_at: '2026-11-20T08:00:00Z', attributes: {} },
  {
    id: 'u2',
    email: 'bo@harbour.example',
    name: 'Bo Sandberg',
    role: 'editor',
    attributes: { country: ['SE', 'NO'], desk: ['7'] },
    budget: {},
    created_at: '2026-11-21T08:00:00Z',
  },
  {
    id: 'u3',
    email: 'chi@harbour.example',
    name: 'Chi Okafor',
    role: 'viewer',
    attributes: {},
    budget: {},
    created_at: '2026-11-22T08:00:00Z',
  },
];

const sessionHandlers = [
  http.get(`${base}/bootstrap`, () =>
    HttpResponse.json({
      version: '0.1.0',
      setup_required: mockState.setupRequired,
      max_upload_bytes: 2_147_483_648,
    }),
  ),
  http.post(`${base}/setup`, async ({ request }) => {
    const { code } = (await request.json()) as { code: string };
    if (code !== 'first-start') return refuse(403, 'denied', 'Wrong set-up code');
    mockState.setupRequired = false;
    mockState.signedIn = true;
    return HttpResponse.json(session, { status: 201 });
  }),
  http.post(`${base}/session`, async ({ request }) => {
    const { password } = (await request.json()) as { password: string };
    if (password === 'wrong') return refuse(401, 'unauthenticated', 'Not signed in');
    mockState.signedIn = true;
    return HttpResponse.json(session);
  }),
  http.post(`${base}/session/refresh`, () => {
    mockState.refreshes += 1;
    if (!mockState.signedIn) return refuse(401, 'unauthenticated', 'Not signed in');
    return HttpResponse.json({ ...session, access_token: `token-r${mockState.refreshes}` });
  }),
  http.post(`${base}/me/password`, () => new HttpResponse(null, { status: 204 })),
  http.delete(`${base}/session`, () => {
    mockState.signedIn = false;
    return new HttpResponse(null, { status: 204 });
  }),
];

const datasetHandlers = [
  http.get(`${base}/datasets`, () => HttpResponse.json({ items: datasets })),
  http.get(`${base}/datasets/:name`, ({ params }) => {
    const summary = datasets.find((dataset) => dataset.name === params.name);
    if (summary === undefined)
      return refuse(
        404,
        'not_found',
        'No such dataset',
        `There is no dataset "${String(params.name)}".`,
      );
    return HttpResponse.json({ ...flightsDetail, ...summary });
  }),
  http.get(`${base}/datasets/:name/preview`, ({ request }) =>
    HttpResponse.json(previewResult(Number(new URL(request.url).searchParams.get('limit') ?? 50))),
  ),
  http.get(`${base}/datasets/:name/profile`, () =>
    HttpResponse.json({
      dataset: 'flights',
      version: 3,
      rows: flightsDetail.rows,
      columns: flightsDetail.columns.map((column, index) => ({
        name: column.name,
        type: column.type,
        nulls: column.nulls ?? 0,
        distinct: 16 + index * 977,
        distinct_exact: index % 2 === 1,
        min: column.min,
        max: column.max,
        mean: typeof column.min === 'number' ? 12.64 : null,
        top:
          column.type === 'string'
            ? ['UA', 'B6', 'EV', 'DL', 'AA'].map((value, place) => ({
                value,
                count: 58_665 - place * 7_211,
              }))
            : [],
      })),
    }),
  ),
  http.get(`${base}/datasets/:name/rejects`, ({ request }) => {
    const loadId = new URL(request.url).searchParams.get('load_id');
    const items = rejects.items.filter((item) => loadId === null || item.load_id === loadId);
    return HttpResponse.json({ total: items.length, items, headers: {} });
  }),
  http.get(`${base}/models`, () => HttpResponse.json({ items: [flightsModel] })),
  http.get(`${base}/views`, () => HttpResponse.json({ items: [] })),
  http.delete(`${base}/datasets/:name`, () => new HttpResponse(null, { status: 204 })),
];

const loadHandlers = [
  http.post(`${base}/uploads`, async ({ request }) => {
    await request.arrayBuffer();
    mockState.uploads += 1;
    return HttpResponse.json(upload, { status: 201 });
  }),
  http.get(`${base}/uploads`, () => HttpResponse.json({ items: [] })),
  http.delete(`${base}/uploads/:id`, () => new HttpResponse(null, { status: 204 })),
  http.post(`${base}/loads`, async ({ request }) => {
    const { dataset } = (await request.json()) as NewLoad;
    mockState.loadPolls = 0;
    mockState.loadCancelled = false;
    return HttpResponse.json(load({ dataset }), { status: 202 });
  }),
  http.get(`${base}/loads`, () => HttpResponse.json({ items: [] })),
  http.get(`${base}/loads/:id`, () => {
    mockState.loadPolls += 1;
    if (mockState.loadCancelled) return HttpResponse.json(load({ state: 'cancelled' }));
    if (mockState.loadPolls > 3) return HttpResponse.json(doneLoad);
    const share = mockState.loadPolls / 4;
    return HttpResponse.json(
      load({ bytes_read: Math.round(31_480_221 * share), rows: Math.round(336_776 * share) }),
    );
  }),
  http.delete(`${base}/loads/:id`, () => {
    mockState.loadCancelled = true;
    return new HttpResponse(null, { status: 204 });
  }),
];

const otherHandlers = [
  http.put(`${base}/tenant`, async ({ request }) => {
    const change = (await request.json()) as TenantChange;
    const calendar = { ...session.tenant.calendar, ...change.calendar };
    return HttpResponse.json({ ...session.tenant, ...change, calendar });
  }),
  http.get(`${base}/users`, () => HttpResponse.json({ items: users })),
  http.post(`${base}/users`, async ({ request }) =>
    HttpResponse.json(
      { id: 'u9', created_at: new Date().toISOString(), ...((await request.json()) as object) },
      { status: 201 },
    ),
  ),
  http.put(`${base}/users/:id`, async ({ request, params }) => {
    const user = users.find((candidate) => candidate.id === params.id);
    Object.assign(user ?? {}, (await request.json()) as object);
    return HttpResponse.json(user);
  }),
  http.delete(`${base}/users/:id`, () => new HttpResponse(null, { status: 204 })),
  http.get(`${base}/dashboards`, () => HttpResponse.json({ items: [] })),
  http.post(`${base}/dashboards/generate`, async () => {
    await delay(30);
    return HttpResponse.json(
      {
        id: 'd1',
        title: 'Flights',
        description: null,
        version: 1,
        updated_at: '2026-11-22T18:42:00Z',
        updated_by: null,
        definition: {
          schema: 1,
          timezone: null,
          time: { range: 'all', grain: null },
          time_dimension: null,
          filters: [],
          widgets: [],
        },
      },
      { status: 201 },
    );
  }),
];

export const handlers = [
  ...sessionHandlers,
  ...jobHandlers,
  ...keyHandlers,
  ...versionHandlers,
  ...stepHandlers,
  ...contractHandlers,
  adviceHandler,
  checkHandler,
  ...trustHandlers,
  ...datasetHandlers,
  ...loadHandlers,
  ...otherHandlers,
];
