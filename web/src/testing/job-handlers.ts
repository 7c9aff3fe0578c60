// Ordered work of the mocked server: a job runs until it is asked for the second time, and a condition picks as many rows as it has characters.
import { http, HttpResponse } from 'msw';
import type { DatasetJob, ServerProblemCode } from '@/api/types';
import { problem } from './fixtures';
import { mockState } from './mock-state';

const base = '*/api/v1';

const refuse = (status: number, code: ServerProblemCode, title: string, detail?: string) =>
  HttpResponse.json(problem(status, code, title, detail), {
    status,
    headers: { 'content-type': 'application/problem+json' },
  });

export function jobOf(work: DatasetJob['work'], more: Partial<DatasetJob> = {}): DatasetJob {
  return {
    id: `job-${mockState.jobs.length + 1}`,
    dataset: 'flights',
    work,
    state: 'running',
    cancellable: work === 'compaction' || work === 'vacuum',
    started_at: '2026-11-22T18:41:00Z',
    ended_at: null,
    report: null,
    problem: null,
    ...more,
  };
}

const begin = (job: DatasetJob) => {
  mockState.jobs.unshift(job);
  return HttpResponse.json(job, { status: 202 });
};

const rowsOf = (predicate: string): number => predicate.length;

const going = (work: 'deletion' | 'erasure') =>
  http.post(
    `${base}/datasets/:name/rows/${work === 'erasure' ? 'erase' : 'delete'}`,
    async ({ request }) => {
      const body = (await request.json()) as { predicate: string; expected_rows: number };
      mockState.gone.push({ ...body, work });
      if (body.expected_rows !== rowsOf(body.predicate))
        return refuse(409, 'conflict', 'Conflict', 'the condition picks other rows by now');
      return begin(jobOf(work));
    },
  );

export const jobHandlers = [
  http.post(`${base}/datasets/:name/rows/count`, async ({ request }) => {
    const { predicate } = (await request.json()) as { predicate: string };
    if (predicate.includes('no_such'))
      return refuse(400, 'invalid', 'The request is not valid', 'unknown column "no_such"');
    return HttpResponse.json({ rows: rowsOf(predicate) });
  }),
  going('deletion'),
  going('erasure'),
  http.post(`${base}/datasets/:name/compaction`, () => begin(jobOf('compaction'))),
  http.post(`${base}/datasets/:name/vacuum`, () => begin(jobOf('vacuum'))),
  http.get(`${base}/datasets/:name/jobs`, () => HttpResponse.json({ items: mockState.jobs })),
  http.get(`${base}/datasets/:name/jobs/:id`, ({ params }) => {
    const job = mockState.jobs.find(({ id }) => id === params.id);
    if (!job) return refuse(404, 'not_found', 'Not found');
    const asked = { ...job };
    const rows = mockState.gone[0]?.expected_rows ?? 0;
    Object.assign(job, {
      state: 'done',
      cancellable: false,
      report: { version: 3, rows, objects: 0, bytes: 0 },
    });
    return HttpResponse.json(asked);
  }),
  http.delete(`${base}/datasets/:name/jobs/:id`, ({ params }) => {
    const job = mockState.jobs.find(({ id }) => id === params.id);
    if (job) Object.assign(job, { state: 'cancelled', cancellable: false });
    return new HttpResponse(null, { status: 204 });
  }),
];
