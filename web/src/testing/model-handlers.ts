// Models of the mocked server, joined ones among them, and what saving them does.
import { http, HttpResponse } from 'msw';
import type { Model } from '@/api/types';
import { problem } from './fixtures';
import { joinedModels } from './joined-fixtures';

const base = '*/api/v1';

let stored = joinedModels;

/** Says of every model that it could be saved. */
export const checkHandler = http.post(`${base}/models/:name/check`, () =>
  HttpResponse.json({ diagnostics: [] }),
);

/** Has no advice. */
export const adviceHandler = http.get(`${base}/datasets/:name/advice`, () =>
  HttpResponse.json({ items: [] }),
);

export const modelHandlers = [
  checkHandler,
  adviceHandler,
  http.get(`${base}/models`, () => HttpResponse.json({ items: stored })),
  http.get(`${base}/models/:name`, ({ params }) => {
    const found = stored.find(({ name }) => name === params.name);
    return found
      ? HttpResponse.json(found)
      : HttpResponse.json(problem(404, 'not_found', 'There is no such model'), { status: 404 });
  }),
  http.put(`${base}/models/:name`, async ({ params, request }) => {
    const body = (await request.json()) as Model;
    const found = stored.find(({ name }) => name === params.name);
    if (request.headers.get('If-Match') !== `"${found?.version}"`)
      return HttpResponse.json(problem(412, 'precondition_failed', 'Newer'), { status: 412 });
    const saved = { ...body, version: (found?.version ?? 0) + 1 };
    stored = stored.map((model) => (model === found ? saved : model));
    return HttpResponse.json(saved);
  }),
];
