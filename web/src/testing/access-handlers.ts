// What somebody is answered who is viewed as: Bo sees the flights of one airport, Chi sees none. Whatever would change
// something is refused.
import { http, HttpResponse } from 'msw';
import type { AppliedAccess, MemberFilter, QueryResult, SemanticQuery } from '@/api/types';
import { answer } from './fake-engine';
import { datasets, problem, previewResult } from './fixtures';

const base = '*/api/v1';
const viewed = (request: Request): string | null => request.headers.get('tidemill-view-as');

const access: Record<string, AppliedAccess> = {
  u2: { dataset: 'flights', policies: ['own_airport'] },
  u3: { dataset: 'flights', policies: [], no_rows: 'your attribute airport is not set' },
};
const own: MemberFilter = { member: 'flights.origin', operator: 'equals', values: ['JFK'] };

/** As the live channel answers. */
export function answerTo(
  person: string | null,
  query: SemanticQuery,
  version?: number,
): QueryResult {
  const use = access[person ?? ''];
  if (use === undefined) return answer(query, version);
  return seen(answer({ ...query, filters: [...(query.filters ?? []), own] }, version), use);
}

function seen(result: QueryResult, use: AppliedAccess): QueryResult {
  const none = use.no_rows ? { row_count: 0, data: result.columns.map(() => []) } : {};
  const provenance = { ...result.provenance, row_filter_applied: true, access: [use] };
  return { ...result, ...none, provenance };
}

export const accessHandlers = [
  http.post(`${base}/queries`, async ({ request }) => {
    const person = viewed(request);
    if (person === null || request.headers.get('accept') === 'text/csv') return undefined;
    return HttpResponse.json(answerTo(person, (await request.clone().json()) as SemanticQuery));
  }),
  // Who sees the flights of one airport finds that one among the airports; who sees none finds nothing.
  http.get(`${base}/models/flights/values`, ({ request }) => {
    const use = access[viewed(request) ?? ''];
    if (use === undefined) return undefined;
    const dimension = new URL(request.url).searchParams.get('dimension') ?? '';
    const [found = []] = seen(
      answer({ measures: [], dimensions: [`flights.${dimension}`], filters: [own] }),
      use,
    ).data;
    return HttpResponse.json({ values: found, more: false });
  }),
  http.post(`${base}/sql`, ({ request }) => {
    const use = access[viewed(request) ?? ''];
    return use && HttpResponse.json(seen(previewResult(5), use));
  }),
  http.get(`${base}/datasets`, ({ request }) => {
    const use = access[viewed(request) ?? ''];
    if (use === undefined) return undefined;
    const [flights, ...others] = datasets;
    const rows = use.no_rows ? 0 : 111_279;
    return HttpResponse.json({
      items: [{ ...flights, rows, size_bytes: null, segments: null }, ...others],
    });
  }),
  ...(['put', 'delete'] as const).map((method) =>
    http[method](`${base}/*`, ({ request }) =>
      viewed(request) === null || new URL(request.url).pathname.endsWith('/session')
        ? undefined
        : HttpResponse.json(
            problem(403, 'denied', 'Not allowed', 'Nothing is changed while one views as another'),
            { status: 403 },
          ),
    ),
  ),
];
