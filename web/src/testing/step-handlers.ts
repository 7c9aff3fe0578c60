// Steps of the mocked server. Of all steps it knows how to trim and to filter what is late; the others do nothing.
import { http, HttpResponse } from 'msw';
import type { Cell, ColumnField, DatasetSteps, PreviewOrder, StepsPreview } from '@/api/types';
import { flightsDetail, upload } from './fixtures';
import { mockState } from './mock-state';

const base = '*/api/v1';

const sampleColumns: ColumnField[] = upload.inference.columns.map(({ name, type }) => ({
  name,
  type,
}));
const datasetColumns: ColumnField[] = flightsDetail.columns.map(({ name, type }) => ({
  name,
  type,
}));

export function previewOf({ steps = [] }: PreviewOrder): StepsPreview {
  const before = upload.inference.preview.rows.map((row) =>
    Object.fromEntries(
      sampleColumns.map(({ name, type }, place): [string, Cell] => {
        const text = row[place] ?? '';
        return [name, type === 'integer' ? (text === 'NA' ? null : Number(text)) : ` ${text}`];
      }),
    ),
  );
  let after = before;
  const became = steps.map(({ op }, index) => {
    const rows_in = after.length;
    if (op === 'trim') {
      after = after.map((row) =>
        Object.fromEntries(
          Object.entries(row).map(([name, value]) => [
            name,
            typeof value === 'string' ? value.trim() : value,
          ]),
        ),
      );
    }
    if (op === 'filter') after = after.filter((row) => Number(row.dep_delay) < 10);
    const rejected = op === 'parse_date' ? 1 : 0;
    after = after.slice(rejected);
    return { step: index + 1, op, rows_in, rows_out: after.length, rejected };
  });
  const rejected = became.reduce((sum, step) => sum + step.rejected, 0);
  return {
    inference: upload.inference,
    source: sampleColumns,
    columns: sampleColumns,
    rows: before.length,
    rows_out: after.length,
    rejected,
    before,
    after,
    rejects: became.flatMap((step) =>
      step.rejected === 0
        ? []
        : [
            {
              line: 2,
              column: 'time_hour',
              value: '2013-01-01T10:00:00Z',
              reason: `step ${step.step} (${step.op}): no format fits`,
              raw: '{"year":2013,"carrier":"UA","time_hour":"2013-01-01T10:00:00Z"}',
            },
          ],
    ),
    steps: became,
  };
}

function stored(): DatasetSteps {
  const { source = [], steps } = mockState.steps;
  return { source: source.length > 0 ? source : datasetColumns, steps };
}

export const stepHandlers = [
  http.get(`${base}/datasets/:name/steps`, () => HttpResponse.json(stored())),
  http.put(`${base}/datasets/:name/steps`, async ({ request }) => {
    const { source, steps } = (await request.json()) as DatasetSteps;
    // Without columns they stay what they were; without steps they are those of the dataset.
    mockState.steps = { source: steps.length > 0 ? (source ?? mockState.steps.source) : [], steps };
    return HttpResponse.json(stored());
  }),
  http.post(`${base}/uploads/:id/preview`, async ({ request }) =>
    HttpResponse.json(previewOf((await request.json()) as PreviewOrder)),
  ),
];
