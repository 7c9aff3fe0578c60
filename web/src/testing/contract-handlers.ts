// Contracts, profiles of loads, and rejected rows that are brought corrected, of the mocked server.
import { http, HttpResponse } from 'msw';
import type { Contract, FixedRow, LoadReport } from '@/api/types';
import { loadProfile } from './contract-fixtures';
import { doneLoad, problem, rejects } from './fixtures';
import { mockState } from './mock-state';

const base = '*/api/v1';

export function reportOf(change: Partial<LoadReport> = {}): LoadReport {
  return {
    ...doneLoad.report!,
    load_id: '019a0000-0000-7000-8000-000000000101',
    dataset: 'flights',
    rows: 1,
    rejected: 0,
    promotions: [],
    profiled: false,
    ...change,
  };
}

export const contractHandlers = [
  http.get(`${base}/datasets/:name/contract`, () => HttpResponse.json(mockState.contract)),
  http.put(`${base}/datasets/:name/contract`, async ({ request }) => {
    const { rules } = (await request.json()) as Contract;
    // The server says what it does where nothing was said.
    mockState.contract = { rules: rules.map((rule) => ({ on_violation: 'reject', ...rule })) };
    return HttpResponse.json(mockState.contract);
  }),
  http.get(`${base}/datasets/:name/loads/:id/profile`, ({ params }) =>
    HttpResponse.json({ ...loadProfile, load_id: params.id }),
  ),
  http.get(`${base}/datasets/:name/loads/:id/rejects/export`, ({ request }) => {
    const format = new URL(request.url).searchParams.get('format');
    const lines = rejects.items.map((item) =>
      format === 'ndjson' ? JSON.stringify(item) : `${item.number},${item.line}`,
    );
    return new HttpResponse(`${lines.join('\n')}\n`, {
      headers: { 'content-type': format === 'ndjson' ? 'application/x-ndjson' : 'text/csv' },
    });
  }),
  http.post(`${base}/datasets/:name/loads/:id/rejects/replay`, async ({ request, params }) => {
    const { rows } = (await request.json()) as { rows: FixedRow[] };
    const keys = rows.map(({ number }) => `${String(params.id)} ${number}`);
    const before = keys.flatMap((key) => mockState.replays.get(key) ?? []);
    const [first] = before;
    if (first && before.length === keys.length && before.every((report) => report === first)) {
      return HttpResponse.json({ ...first, replayed: true });
    }
    if (first) {
      const detail = `of the rejected rows of load ${String(params.id)}, ${before.length} were loaded again already; leave them out`;
      return HttpResponse.json(
        { ...problem(409, 'conflict', 'Conflict', detail), errors: [{ field: 'rows', detail }] },
        { status: 409 },
      );
    }
    const report = reportOf({ rows: rows.length });
    keys.forEach((key) => mockState.replays.set(key, report));
    return HttpResponse.json(report);
  }),
];
