// The pages of views: listed, made, edited as a form and as text, refused, saved by somebody else meanwhile, deleted.
import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { Route, Routes } from 'react-router';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SemanticQuery, Session } from '@/api/types';
import { previewResult, problem, session } from '@/testing/fixtures';
import { joinedModels } from '@/testing/joined-fixtures';
import { renderApp } from '@/testing/render-app';
import { server } from '@/testing/server';
import {
  detailOf,
  punctuality,
  resetViews,
  storedViews,
  viewHandlers,
} from '@/testing/view-handlers';
import type { YamlEditorProps } from '../text/yaml-editor';
import { ViewList } from './view-list';
import ViewPage from './view-page';

vi.mock('../text/yaml-editor', () => ({
  default: ({ label, value, readOnly, onChange }: YamlEditorProps) => (
    <textarea
      aria-label={label}
      value={value}
      readOnly={readOnly}
      onChange={(event) => onChange(event.target.value)}
    />
  ),
}));

beforeAll(async () => {
  await import('./text/view-text-tab');
  await import('./part-fields');
  await import('@/components/confirm-dialog');
});

let asked: SemanticQuery[] = [];

beforeEach(() => {
  asked = [];
  resetViews();
  server.use(
    ...viewHandlers,
    http.get('*/api/v1/models', () => HttpResponse.json({ items: joinedModels })),
    http.post('*/api/v1/queries', async ({ request }) => {
      asked.push((await request.json()) as SemanticQuery);
      return HttpResponse.json(previewResult(5));
    }),
  );
});

const viewer: Session = { ...session, user: { ...session.user, role: 'viewer' } };
const open = (path = '/views/punctuality', as: Session = session) =>
  renderApp(
    <Routes>
      <Route path="/views" element={<ViewList mayEdit={as === session} />} />
      <Route path="/views/:name" element={<ViewPage />} />
    </Routes>,
    { path, session: as },
  );
const saveButton = () => screen.getByRole('button', { name: 'Save view' });
const label = async () =>
  within(await screen.findByRole('region', { name: 'General' })).getByRole('textbox', {
    name: 'Label',
  });
const seenNames = () =>
  within(screen.getByRole('list', { name: 'Members of the view' }))
    .getAllByRole('listitem')
    .map((item) => item.textContent);

describe('the list', () => {
  it('says what there is', async () => {
    open('/views');
    const item = (await screen.findByRole('link', { name: 'Punctuality' })).closest('li');
    expect(item).toHaveTextContent('How late flights are, for everybody.');
    expect(item).toHaveTextContent('flights, planes');
    expect(screen.getByRole('link', { name: 'Punctuality' })).toHaveAttribute(
      'href',
      '/views/punctuality',
    );
  });

  it('says what a view is where there are none', async () => {
    resetViews([]);
    open('/views');
    expect(await screen.findByText('No views yet')).toBeVisible();
    expect(screen.getByRole('link', { name: 'New view' })).toHaveAttribute('href', '/views/new');
  });
});

describe('a new view', () => {
  it('takes members of a model and of one that is joined to it, and is saved as version 0', async () => {
    const matches: (string | null)[] = [];
    server.events.on('request:start', ({ request }) => {
      if (request.method === 'PUT') matches.push(request.headers.get('If-Match'));
    });
    const { user } = open('/views/new');
    await user.type(await label(), 'On time');
    expect(screen.getByRole('textbox', { name: 'Name' })).toHaveValue('on_time');
    expect(saveButton()).toBeDisabled();
    await user.click(await screen.findByRole('combobox', { name: 'First model' }));
    await user.click(await screen.findByRole('option', { name: 'Flights' }));
    const measures = screen.getByRole('group', { name: 'Measures' });
    await user.click(within(measures).getByRole('checkbox', { name: 'Flights' }));
    await user.click(screen.getByRole('checkbox', { name: 'Carrier' }));
    expect(seenNames()).toHaveLength(2);

    await user.click(screen.getByRole('button', { name: 'Add model' }));
    const second = screen.getByRole('group', { name: /^Flights → / });
    await user.click(await within(second).findByRole('combobox', { name: 'Model, by way of' }));
    await user.click(await screen.findByRole('option', { name: 'Flights → Origin airport' }));
    const airport = screen.getByRole('group', { name: 'Flights → Origin airport' });
    expect(airport).toHaveTextContent('Measures are taken from a path that ends with airports');
    await user.click(within(airport).getByRole('checkbox', { name: 'City' }));
    expect(seenNames()[2]).toContain('origin_airport_city');
    await user.click(saveButton());
    await waitFor(() =>
      expect(storedViews().find(({ name }) => name === 'on_time')).toEqual({
        name: 'on_time',
        label: 'On time',
        version: 1,
        include: [
          { path: 'flights', members: ['count', 'carrier'] },
          { path: 'flights.origin_airport', members: ['city'], prefix: true },
        ],
      }),
    );
    expect(matches).toEqual(['"0"']);
    // The page of the view comes in the place of this one.
    await waitFor(() => expect(screen.getByText(/version 1/)).toBeVisible());
    expect(screen.queryByRole('dialog')).toBeNull();
    server.events.removeAllListeners();
  });

  it('does not replace one of that name', async () => {
    const { user } = open('/views/new');
    await user.type(await label(), 'Punctuality');
    await user.click(await screen.findByRole('combobox', { name: 'First model' }));
    await user.click(await screen.findByRole('option', { name: 'Flights' }));
    await user.click(screen.getByRole('checkbox', { name: 'Carrier' }));
    await user.click(saveButton());
    expect(await screen.findByText('There is a view of that name.')).toBeVisible();
    expect(storedViews()).toEqual([punctuality]);
  });
});

describe('the form', () => {
  it('renames, moves and leaves out, and saves over the version that was read', async () => {
    const { user } = open();
    await user.click(await screen.findByRole('button', { name: /^Flights ?3 members/ }));
    await user.click(await screen.findByRole('button', { name: 'Move Delay up' }));
    expect(screen.getByRole('button', { name: 'Move Delay down' })).toHaveFocus();
    await user.click(screen.getByRole('button', { name: 'Rename Carrier' }));
    const names = screen.getByRole('group', { name: 'Names of carrier' });
    await user.type(within(names).getByRole('textbox', { name: 'Name in the view' }), 'airline');
    await user.click(screen.getByRole('button', { name: 'Leave out Flights' }));
    await user.click(saveButton());
    await waitFor(() =>
      expect(storedViews()[0]?.include[0]).toEqual({
        path: 'flights',
        members: [
          { name: 'avg_arr_delay', alias: 'delay', label: 'Delay' },
          { name: 'carrier', alias: 'airline' },
        ],
      }),
    );
    expect(storedViews()[0]?.version).toBe(3);
  });

  it('has the members of a folder again for who takes back that all are in it', async () => {
    resetViews([{ ...punctuality, folders: [{ name: 'Delays', includes: ['delay', 'count'] }] }]);
    const { user } = open();
    await user.click(await screen.findByRole('button', { name: /^Delays/ }));
    const all = () => screen.getByRole('checkbox', { name: 'All members of the view' });
    await user.click(all());
    expect(screen.queryByRole('combobox', { name: 'Members' })).toBeNull();
    await user.click(all());
    expect(screen.getByRole('combobox', { name: 'Members' })).toHaveTextContent('Flights, Delay');
    // It is what it was.
    expect(saveButton()).toBeDisabled();
  });

  it('says what the server refuses at its part, in the text too', async () => {
    server.use(
      http.put('*/api/v1/views/punctuality', () =>
        HttpResponse.json(
          {
            ...problem(400, 'invalid', 'Not valid'),
            errors: [{ field: 'include[1].path', detail: 'a question goes another way' }],
          },
          { status: 400 },
        ),
      ),
    );
    const { user } = open();
    await user.type(await label(), '!');
    await user.click(saveButton());
    const said = await screen.findByText('a question goes another way');
    expect(said.closest('li')).toHaveTextContent('Planes');
    await user.click(screen.getByRole('tab', { name: 'Text' }));
    expect(
      await screen.findByRole('button', { name: /^Line \d+: a question goes another way$/ }),
    ).toBeVisible();
  });

  it('asks which to keep where somebody else has saved', async () => {
    const { user } = open();
    await user.type(await label(), '!');
    resetViews([{ ...punctuality, version: 3, label: 'Theirs' }]);
    await user.click(saveButton());
    await user.click(await screen.findByRole('button', { name: 'Keep mine' }));
    await user.click(saveButton());
    await waitFor(() =>
      expect(storedViews()[0]).toMatchObject({ version: 4, label: 'Punctuality!' }),
    );
  });

  it('shows the first rows of what is saved', async () => {
    open();
    await waitFor(() => expect(asked).toHaveLength(1));
    expect(asked[0]).toMatchObject({
      measures: ['punctuality.count', 'punctuality.avg_arr_delay'],
      dimensions: ['punctuality.carrier'],
      limit: 5,
    });
    expect(await screen.findByRole('grid', { name: 'First rows of Punctuality' })).toBeVisible();
  });

  it('says what models have broken', async () => {
    server.use(
      http.get('*/api/v1/views/punctuality', () =>
        HttpResponse.json(detailOf(punctuality, ['include[0].members[0]: it is gone'])),
      ),
    );
    open();
    expect(await screen.findByText('include[0].members[0]: it is gone')).toBeVisible();
  });

  it('is read only for viewers', async () => {
    open(undefined, viewer);
    expect(await label()).toBeDisabled();
    expect(screen.queryByRole('button', { name: 'Save view' })).toBeNull();
    expect(screen.queryByRole('button', { name: /^Add|^Remove|^Delete/ })).toBeNull();
    expect(screen.getByRole('link', { name: 'Explore' })).toHaveAttribute(
      'href',
      '/explore?model=punctuality',
    );
  });

  it('is deleted once that is confirmed', async () => {
    const { user } = open();
    await user.click(await screen.findByRole('button', { name: 'Delete view' }));
    expect(storedViews()).toHaveLength(1);
    const dialog = await screen.findByRole('dialog');
    await user.click(within(dialog).getByRole('button', { name: 'Delete view' }));
    await waitFor(() => expect(storedViews()).toHaveLength(0));
    expect(await screen.findByText('No views yet')).toBeVisible();
  });
});

it('is the same view as text, and what is wrong is said by line', async () => {
  const { user } = open('/views/punctuality?as=text');
  const text = await screen.findByRole<HTMLTextAreaElement>('textbox', {
    name: 'Punctuality as text',
  });
  const end = text.value.indexOf('label: Punctuality') + 'label: Punctuality'.length;
  await user.type(text, '2', { initialSelectionStart: end, initialSelectionEnd: end });
  await user.click(screen.getByRole('tab', { name: 'Form' }));
  expect(await label()).toHaveValue('Punctuality2');
  await user.click(screen.getByRole('tab', { name: 'Text' }));
  const again = await screen.findByRole<HTMLTextAreaElement>('textbox', {
    name: 'Punctuality as text',
  });
  await user.type(again, 'x', {
    initialSelectionStart: 5 + again.value.indexOf('label'),
    initialSelectionEnd: 5 + again.value.indexOf('label'),
  });
  expect(
    await screen.findByRole('button', {
      name: 'Line 2: A view has no “labelx”; did you mean “label”?',
    }),
  ).toBeVisible();
  expect(saveButton()).toBeDisabled();
});
