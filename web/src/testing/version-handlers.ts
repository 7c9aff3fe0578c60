// Versions, settings, upkeep and pushed rows of the mocked server.
import { http, HttpResponse } from 'msw';
import type { DatasetSettings } from '@/api/types';
import { previewResult } from './fixtures';
import { mockState } from './mock-state';
import { changesOf, keepAll, upkeepReport, versionPage } from './version-fixtures';

const base = '*/api/v1';

export const versionHandlers = [
  http.get(`${base}/datasets/:name/versions`, () => HttpResponse.json(versionPage)),
  http.get(`${base}/datasets/:name/changes`, ({ request }) => {
    const { searchParams } = new URL(request.url);
    return HttpResponse.json(
      changesOf(Number(searchParams.get('from')), Number(searchParams.get('to'))),
    );
  }),
  http.get(`${base}/datasets/:name/settings`, () =>
    HttpResponse.json(mockState.settings ?? keepAll),
  ),
  http.put(`${base}/datasets/:name/settings`, async ({ request }) => {
    mockState.settings = (await request.json()) as DatasetSettings;
    return HttpResponse.json(mockState.settings);
  }),
  http.get(`${base}/upkeep`, () => HttpResponse.json(upkeepReport)),
  http.post(`${base}/sql`, async ({ request }) => {
    const { sql } = (await request.json()) as { sql: string };
    const result = previewResult(20);
    if (!sql.startsWith('select count(*)')) return HttpResponse.json(result);
    return HttpResponse.json({ ...result, data: [[120_835]], row_count: 1 });
  }),
];
