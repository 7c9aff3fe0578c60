// An upload that waits stands in the address of its check and is come back to by it; where too many wait, the page leads to them.
import { screen, waitFor } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { useLocation } from 'react-router';
import { describe, expect, it } from 'vitest';
import { upload } from '@/testing/fixtures';
import { refuse } from '@/testing/handlers';
import { renderApp } from '@/testing/render-app';
import { server } from '@/testing/server';
import { UploadWizard } from './upload-wizard';

const file = () => new File(['year,carrier\n2013,UA\n'], 'flights-2013.csv', { type: 'text/csv' });

function Address() {
  const { pathname, search } = useLocation();
  return <output data-testid="address">{pathname + search}</output>;
}

const address = () => screen.getByTestId('address');

function open(path: string) {
  return renderApp(
    <>
      <UploadWizard />
      <Address />
    </>,
    { path },
  );
}

describe('an upload that waits', () => {
  it('is opened at its address, and makes place there for its load', async () => {
    const asked: unknown[] = [];
    server.use(
      http.post('*/api/v1/uploads/:id/inference', async ({ request, params }) => {
        asked.push({ id: params.id, options: await request.json() });
        return HttpResponse.json(upload);
      }),
    );
    const { user } = open('/datasets/upload?upload=up1');
    const create = await screen.findByRole('button', { name: 'Create dataset' });
    expect(asked).toEqual([{ id: 'up1', options: {} }]);
    expect(address()).toHaveTextContent(/\?upload=up1$/);
    await user.click(create);
    await waitFor(() => expect(address()).toHaveTextContent(/\?load=ld1$/));
  });

  it('stands in the address from when it was sent until another file is wanted', async () => {
    const { user } = open('/datasets/upload?to=flights');
    await user.upload(screen.getByLabelText('File to upload'), file());
    await screen.findByRole('button', { name: 'Create dataset' });
    await waitFor(() => expect(address()).toHaveTextContent(/\?to=flights&upload=up1$/));
    // Naming it is no leaving that would be asked about.
    expect(screen.queryByRole('dialog')).not.toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Other file' }));
    await waitFor(() => expect(address()).toHaveTextContent(/\?to=flights$/));
  });

  it('whose hour is over is no dead end', async () => {
    server.use(
      http.post('*/api/v1/uploads/:id/inference', () =>
        refuse(404, 'not_found', 'Not found', 'uploads wait for one hour'),
      ),
    );
    open('/datasets/upload?upload=up0');
    expect(await screen.findByRole('alert')).toHaveTextContent('uploads wait for one hour');
    expect(screen.getByRole('button', { name: 'Choose a file' })).toBeInTheDocument();
    await waitFor(() => expect(address()).toHaveTextContent(/\/upload$/));
  });
});

it.each([
  [429, 'exhausted', true],
  [400, 'invalid', false],
] as const)('leads to those that wait when it says %i', async (status, code, leads) => {
  server.use(http.post('*/api/v1/uploads', () => refuse(status, code, 'Refused', 'not this one')));
  const { user } = open('/datasets/upload');
  await user.upload(screen.getByLabelText('File to upload'), file());
  expect(await screen.findByRole('alert')).toHaveTextContent('not this one');
  const links = screen.queryAllByRole('link', { name: 'See the files that wait to be checked' });
  expect(links.map((link) => link.getAttribute('href'))).toEqual(leads ? ['/datasets'] : []);
});
