// The mocked server's API keys: listed without secrets, made with one, changed and revoked.
import { http, HttpResponse } from 'msw';
import type { ApiKey, NewApiKey } from '@/api/types';
import { problem, session } from './fixtures';
import { mockState } from './mock-state';

const base = '*/api/v1/api-keys';

export const madeToken = `tmk_00ff00ff00ff_${'5e'.repeat(32)}`;

export const keyHandlers = [
  http.get(base, () => HttpResponse.json({ items: mockState.keys })),
  http.post(base, async ({ request }) => {
    const asked = (await request.json()) as NewApiKey;
    const key: ApiKey = {
      id: `k${mockState.keys.length + 1}`,
      name: asked.name,
      prefix: 'tmk_00ff00ff00ff',
      role: asked.role,
      attributes: asked.attributes ?? {},
      budget: asked.budget ?? {},
      version: 1,
      created_by: session.user.name,
      created_by_id: session.user.id,
      created_at: new Date().toISOString(),
      expires_at: asked.expires_at ?? null,
      last_used_at: null,
    };
    mockState.keys = [key, ...mockState.keys];
    return HttpResponse.json({ ...key, token: madeToken }, { status: 201 });
  }),
  http.put(`${base}/:id`, async ({ request, params }) => {
    const change = (await request.json()) as Partial<ApiKey>;
    const found = mockState.keys.find((key) => key.id === params.id);
    if (!found)
      return HttpResponse.json(problem(404, 'not_found', 'No such API key'), { status: 404 });
    if (request.headers.get('if-match') !== `"${found.version}"`)
      return HttpResponse.json(
        problem(412, 'precondition_failed', 'Someone else saved a newer version'),
        { status: 412 },
      );
    const saved = { ...found, ...change, version: found.version + 1 };
    mockState.keys = mockState.keys.map((key) => (key === found ? saved : key));
    return HttpResponse.json(saved);
  }),
  http.delete(`${base}/:id`, ({ params }) => {
    mockState.keys = mockState.keys.filter((key) => key.id !== params.id);
    return new HttpResponse(null, { status: 204 });
  }),
];
