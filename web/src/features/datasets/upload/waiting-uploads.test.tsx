// The uploads that wait to be checked, above the datasets: for those who load.
import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { expect, it } from 'vitest';
import DatasetsPage from '@/app/pages/datasets-page';
import type { WaitingUpload } from '@/api/types';
import { session } from '@/testing/fixtures';
import { renderApp } from '@/testing/render-app';
import { server } from '@/testing/server';

function waiting(upload_id: string, file_name: string, minutes: number): WaitingUpload {
  const at = (distance: number) => new Date(Date.now() + distance * 60_000).toISOString();
  return {
    upload_id,
    file_name,
    size_bytes: 31_480_221,
    created_at: at(-minutes),
    expires_at: at(60 - minutes),
  };
}

/** The server knows these until they are discarded; counts how often it is asked for them. */
function serve(uploads: WaitingUpload[]) {
  const told = { left: uploads, asked: 0 };
  server.use(
    http.get('*/api/v1/uploads', () => {
      told.asked += 1;
      return HttpResponse.json({ items: told.left });
    }),
    http.delete('*/api/v1/uploads/:id', ({ params }) => {
      told.left = told.left.filter(({ upload_id }) => upload_id !== params.id);
      return new HttpResponse(null, { status: 204 });
    }),
  );
  return told;
}

const name = 'Waiting to be checked';

it('lead to their check, and are discarded after a question', async () => {
  serve([waiting('up2', 'new.csv', 3), waiting('up1', 'old.csv', 40)]);
  const { user } = renderApp(<DatasetsPage />, { path: '/datasets' });
  const list = await screen.findByRole('list', { name });
  const [first, second] = within(list).getAllByRole('listitem');
  expect(first).toHaveTextContent(/^new\.csv31.* MB, 3 min ago/);
  expect(second).toHaveTextContent(/^old\.csv31.* MB, 40 min ago/);
  expect(within(list).getByRole('link', { name: 'Go on with old.csv' })).toHaveAttribute(
    'href',
    '/datasets/upload?upload=up1',
  );

  for (const file of ['new.csv', 'old.csv']) {
    await user.click(screen.getByRole('button', { name: `Discard ${file}` }));
    const question = await screen.findByRole('dialog', { name: `Discard ${file}?` });
    expect(list).toHaveTextContent(file);
    await user.click(within(question).getByRole('button', { name: 'Discard' }));
    await waitFor(() => expect(screen.queryByText(file)).not.toBeInTheDocument());
    await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
  }
  expect(screen.queryByRole('list', { name })).not.toBeInTheDocument();
});

it('are not asked for by who may not load', async () => {
  const told = serve([waiting('up1', 'old.csv', 40)]);
  renderApp(<DatasetsPage />, {
    path: '/datasets',
    session: { ...session, user: { ...session.user, role: 'viewer' } },
  });
  await screen.findByRole('list', { name: 'Datasets' });
  expect(told.asked).toBe(0);
  expect(screen.queryByRole('list', { name })).not.toBeInTheDocument();
});
