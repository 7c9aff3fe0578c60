// The dialog that takes models out of files: what does not fit keeps everything out, what is left out is said, and what fits is stored
// as it was checked.
import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { expect, it, vi } from 'vitest';
import type { ModelFiles, ModelFilesReport } from '@/api/types';
import { renderApp } from '@/testing/render-app';
import { server } from '@/testing/server';
import ImportDialog from './import-dialog';

const outcome = { what: 'model', name: 'orders', version: 3, changed: true } as const;
const view = { what: 'view', name: 'sales', version: 0, changed: true } as const;
const note = {
  path: 'orders.place',
  detail: 'left out: it is a switch',
  file: 'shop.yml',
  line: 6,
};
const problem = {
  what: 'model',
  name: 'orders',
  field: 'measures[0].column',
  detail: 'unknown column',
  file: 'shop.yml',
  line: 9,
} as const;

const items = (name: string) =>
  within(screen.getByRole('list', { name }))
    .getAllByRole('listitem')
    .map((item) => item.textContent);

it('says what does not fit, and stores what does', async () => {
  const asked: ModelFiles[] = [];
  const stored: ModelFiles[] = [];
  const answer = (body: ModelFiles): ModelFilesReport =>
    body.format === 'osi'
      ? { outcomes: [], notes: [], problems: [problem] }
      : { outcomes: [outcome, view], notes: [note], problems: [] };
  server.use(
    http.post('*/api/v1/model-files/check', async ({ request }) => {
      const body = (await request.json()) as ModelFiles;
      asked.push(body);
      return HttpResponse.json(answer(body));
    }),
    http.post('*/api/v1/model-files', async ({ request }) => {
      const body = (await request.json()) as ModelFiles;
      stored.push(body);
      return HttpResponse.json(answer(body));
    }),
  );
  const onClose = vi.fn();
  const { user } = renderApp(<ImportDialog onClose={onClose} />);
  const store = screen.getByRole('button', { name: 'Store' });
  expect(store).toBeDisabled();
  const file = new File(['cubes: []\n'], 'shop.yml', { type: 'application/yaml' });
  await user.upload(screen.getByLabelText('Files of models'), file);
  await screen.findByRole('list', { name: 'What becomes of it' });
  expect(items('What becomes of it')).toEqual([
    'orders: changes, from version 3',
    'View sales: new',
  ]);
  expect(items('Left out, or said in another way')).toEqual([
    'shop.yml:6: orders.place: left out: it is a switch',
  ]);
  expect(store).toBeEnabled();

  // As another format the same file does not fit, and is not stored.
  await user.click(screen.getByRole('combobox', { name: 'Files of' }));
  await user.click(await screen.findByRole('option', { name: 'Open Semantic Interchange' }));
  await screen.findByRole('list', { name: 'What does not fit' });
  expect(items('What does not fit')).toEqual([
    'shop.yml:9: orders measures[0].column: unknown column',
  ]);
  expect(store).toBeDisabled();

  await user.click(screen.getByRole('combobox', { name: 'Files of' }));
  await user.click(await screen.findByRole('option', { name: 'Cube' }));
  await waitFor(() => expect(store).toBeEnabled());
  await user.click(store);
  await waitFor(() => expect(onClose).toHaveBeenCalled());
  const files = [{ name: 'shop.yml', text: 'cubes: []\n' }];
  expect(asked.map((body) => body.format)).toEqual(['cube', 'osi', 'cube']);
  expect(stored).toEqual([{ format: 'cube', files }]);
});

it('says why nothing was stored', async () => {
  const report: ModelFilesReport = { outcomes: [outcome], notes: [], problems: [] };
  server.use(
    http.post('*/api/v1/model-files/check', () => HttpResponse.json(report)),
    http.post('*/api/v1/model-files', () =>
      HttpResponse.json(
        {
          type: 'about:blank',
          title: 'Conflict',
          status: 409,
          code: 'conflict',
          detail: 'store orders',
        },
        { status: 409 },
      ),
    ),
  );
  const onClose = vi.fn();
  const { user } = renderApp(<ImportDialog onClose={onClose} />);
  await user.upload(screen.getByLabelText('Files of models'), new File(['a'], 'a.yml'));
  await waitFor(() => expect(screen.getByRole('button', { name: 'Store' })).toBeEnabled());
  await user.click(screen.getByRole('button', { name: 'Store' }));
  expect(await screen.findByRole('alert')).toHaveTextContent('store orders');
  expect(onClose).not.toHaveBeenCalled();
});
