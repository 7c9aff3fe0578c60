// The page of a model: edited as a form and as text, refused, saved, and saved by somebody else meanwhile.
import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { Route, Routes } from 'react-router';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Model, Session } from '@/api/types';
import { flightsDetail, problem, session } from '@/testing/fixtures';
import { joinedFlights, joinedModels } from '@/testing/joined-fixtures';
import { renderApp } from '@/testing/render-app';
import { server } from '@/testing/server';
import ModelPage from './model-page';
import type { YamlEditorProps } from './text/yaml-editor';

vi.mock('./text/yaml-editor', () => ({
  default: ({ label, value, readOnly, onChange }: YamlEditorProps) => (
    <textarea
      aria-label={label}
      value={value}
      readOnly={readOnly}
      onChange={(event) => onChange(event.target.value)}
    />
  ),
}));

let stored: Model = joinedFlights;
let saves: { body: Model; match: string | null }[] = [];
let checks: Model[] = [];

beforeAll(async () => {
  await import('./text/text-tab');
});

beforeEach(() => {
  stored = { ...joinedFlights, version: 3 };
  saves = [];
  checks = [];
  server.use(
    http.post('*/api/v1/models/flights/check', async ({ request }) => {
      const body = (await request.json()) as Model;
      checks.push(body);
      const broken = body.measures.findIndex(({ expression }) => expression === 'nowhere');
      const diagnostics =
        broken >= 0
          ? [{ field: `measures[${broken}].expression`, detail: 'there is no column nowhere' }]
          : body.label.endsWith('!')
            ? [{ field: '', detail: 'the view sales would be broken' }]
            : [];
      return HttpResponse.json({ diagnostics });
    }),
    http.get('*/api/v1/models', () =>
      HttpResponse.json({ items: [stored, ...joinedModels.slice(1)] }),
    ),
    http.get('*/api/v1/datasets/flights', () =>
      HttpResponse.json({
        ...flightsDetail,
        columns: [
          ...flightsDetail.columns,
          ...['month', 'late', 'tailnum'].map((name) => ({ name, type: 'string', nullable: true })),
        ],
      }),
    ),
    http.get('*/api/v1/models/flights', () => HttpResponse.json(stored)),
    http.put('*/api/v1/models/flights', async ({ request }) => {
      const match = request.headers.get('If-Match');
      const body = (await request.json()) as Model;
      saves.push({ body, match });
      if (match !== `"${stored.version}"`)
        return HttpResponse.json(problem(412, 'precondition_failed', 'Newer'), { status: 412 });
      stored = { ...body, version: stored.version + 1 };
      return HttpResponse.json(stored);
    }),
  );
});

const viewer: Session = { ...session, user: { ...session.user, role: 'viewer' } };
const open = (search = '', as: Session = session) =>
  renderApp(
    <Routes>
      <Route path="/models/:name" element={<ModelPage />} />
    </Routes>,
    { path: `/models/flights${search}`, session: as },
  );
const saveButton = () => screen.getByRole('button', { name: 'Save model' });
const label = async () =>
  within(await screen.findByRole('region', { name: 'General' })).getByRole('textbox', {
    name: 'Label',
  });

describe('the form', () => {
  it('has ways to its parts, which say how much there is', async () => {
    const { user } = open();
    const ways = await screen.findByRole('navigation', { name: 'Parts of the model' });
    expect(
      within(ways)
        .getAllByRole('button')
        .map(({ textContent }) => textContent),
    ).toEqual([
      `Dimensions${joinedFlights.dimensions.length}`,
      `Measures${joinedFlights.measures.length}`,
      `Joins${joinedFlights.joins?.length ?? 0}`,
      `Named filters${joinedFlights.segments?.length ?? 0}`,
      `Hierarchies${joinedFlights.hierarchies?.length ?? 0}`,
      'Rollups0',
      'Access',
    ]);
    await user.click(within(ways).getByRole('button', { name: /^Measures/ }));
    expect(screen.getByRole('button', { name: 'Add measure' })).toHaveFocus();
  });

  it('adds a measure of another kind and saves over the version that was read', async () => {
    const { user } = open();
    await user.click(await screen.findByRole('button', { name: 'Add measure' }));
    expect(saveButton()).toBeDisabled();
    const fields = screen.getByRole('group', { name: 'New measure' });
    // It stands below all others: whoever adds it is taken there.
    await waitFor(() =>
      expect(within(fields).getByRole('textbox', { name: 'Label' })).toHaveFocus(),
    );
    await user.click(await within(fields).findByRole('combobox', { name: 'Kind' }));
    await user.click(await screen.findByRole('option', { name: 'As it was before' }));
    expect(within(fields).queryByRole('combobox', { name: 'Of' })).toBeNull();
    expect(within(fields).getByRole('combobox', { name: 'Measure' })).toHaveTextContent('Flights');
    await user.type(within(fields).getByRole('textbox', { name: 'Name' }), 'b');
    await user.type(
      within(screen.getByRole('group', { name: 'b' })).getByRole('textbox', { name: 'Label' }),
      'B',
    );
    await user.click(saveButton());
    await waitFor(() => expect(saves).toHaveLength(1));
    expect(saves[0]?.match).toBe('"3"');
    expect(saves[0]?.body.measures.at(-1)).toEqual({
      name: 'b',
      label: 'B',
      kind: 'time_shift',
      measure: 'count',
      span: { count: 1, unit: 'month' },
    });
    await waitFor(() => expect(screen.getByText(/version 4/)).toBeVisible());
    expect(saveButton()).toBeDisabled();
  });

  it('lets a dimension be another column, whose type it takes, or an expression', async () => {
    const { user } = open();
    await user.click(await screen.findByRole('button', { name: /^Carrier/ }));
    const fields = screen.getByRole('group', { name: 'Carrier' });
    expect(within(fields).getByRole('combobox', { name: 'Of' })).toHaveTextContent('carrier');
    expect(within(fields).queryByRole('textbox', { name: 'Expression' })).toBeNull();
    await user.click(within(fields).getByRole('combobox', { name: 'Of' }));
    await user.click(await screen.findByRole('option', { name: 'dep_delay' }));
    expect(within(fields).getByRole('combobox', { name: 'Type' })).toHaveTextContent('Decimal');
    await user.click(saveButton());
    await waitFor(() => expect(saves).toHaveLength(1));
    expect(saves[0]?.body.dimensions[1]).toEqual({
      name: 'carrier',
      label: 'Carrier',
      type: 'float',
      column: 'dep_delay',
    });
    await user.click(within(fields).getByRole('combobox', { name: 'Of' }));
    await user.click(await screen.findByRole('option', { name: 'An expression' }));
    await user.type(within(fields).getByRole('textbox', { name: 'Expression' }), 'dep_delay / 60');
    await user.click(saveButton());
    await waitFor(() => expect(saves).toHaveLength(2));
    expect(saves[1]?.body.dimensions[1]).toMatchObject({ expression: 'dep_delay / 60' });
    expect(saves[1]?.body.dimensions[1]).not.toHaveProperty('column');
  });

  it('has what was written again after a look at the columns', async () => {
    stored.dimensions = [
      { name: 'carrier', label: 'Carrier', type: 'string', expression: 'upper(carrier)' },
      ...stored.dimensions.filter(({ name }) => name !== 'carrier'),
    ];
    stored.measures = [
      { name: 'far', label: 'Far', kind: 'sum', expression: 'distance * 2' },
      ...stored.measures,
    ];
    const { user } = open();
    for (const [name, expression] of [
      ['Carrier', 'upper(carrier)'],
      ['Far', 'distance * 2'],
    ] as const) {
      await user.click(await screen.findByRole('button', { name: new RegExp(`^${name}`) }));
      const fields = screen.getByRole('group', { name });
      for (const source of ['dep_delay', 'distance', 'An expression']) {
        await user.click(await within(fields).findByRole('combobox', { name: 'Of' }));
        await user.click(await screen.findByRole('option', { name: source }));
      }
      expect(within(fields).getByRole('textbox', { name: 'Expression' })).toHaveValue(expression);
    }
    // Nothing has changed, the type of the dimension neither.
    expect(saveButton()).toBeDisabled();
  });

  it('says what the server refuses at its place, in the text too', async () => {
    server.use(
      http.put('*/api/v1/models/flights', () =>
        HttpResponse.json(
          {
            ...problem(400, 'invalid', 'Not valid'),
            errors: [{ field: 'measures[1]', detail: 'no such column' }],
          },
          { status: 400 },
        ),
      ),
    );
    const { user } = open();
    await user.type(await label(), '!');
    await user.click(saveButton());
    const said = await screen.findByText('no such column');
    expect(said.closest('li')).toHaveTextContent('Average arrival delay');
    await user.click(screen.getByRole('tab', { name: 'Text' }));
    expect(await screen.findByRole('button', { name: /^Line \d+: no such column$/ })).toBeVisible();
  });

  it('says what the server would refuse before it is saved, at its place, in the text too', async () => {
    stored.measures = [
      { name: 'far', label: 'Far', kind: 'sum', expression: 'distance * 2' },
      ...stored.measures,
    ];
    const { user } = open();
    await user.click(await screen.findByRole('button', { name: /^Far/ }));
    const fields = screen.getByRole('group', { name: 'Far' });
    const expression = await within(fields).findByRole('textbox', { name: 'Expression' });
    await user.clear(expression);
    await user.type(expression, 'nowhere');
    const said = await screen.findByText('there is no column nowhere', {}, { timeout: 3000 });
    expect(said.closest('li')).toHaveTextContent('Far');
    expect(checks.at(-1)?.measures[0]?.expression).toBe('nowhere');
    expect(saves).toEqual([]);
    await user.click(screen.getByRole('tab', { name: 'Text' }));
    expect(
      await screen.findByRole('button', { name: /^Line \d+: there is no column nowhere$/ }),
    ).toBeVisible();
    await user.click(screen.getByRole('tab', { name: 'Form' }));
    // What was said of another model is said no more.
    await user.type(await label(), '2');
    expect(screen.queryByText('there is no column nowhere')).toBeNull();
  });

  it('says beside the form what the server would refuse of no part of it', async () => {
    const { user } = open();
    await user.type(await label(), '!');
    const said = await screen.findByText(/the view sales would be broken/, {}, { timeout: 3000 });
    expect(said.closest('[role=alert]')).toHaveTextContent('This cannot be saved yet');
    await user.click(screen.getByRole('button', { name: 'Reset' }));
    expect(screen.queryByText(/the view sales would be broken/)).toBeNull();
  });

  it('asks which to keep where somebody else has saved', async () => {
    const { user } = open();
    await user.type(await label(), '!');
    stored = { ...stored, version: 4, label: 'Theirs' };
    await user.click(saveButton());
    await user.click(await screen.findByRole('button', { name: 'Keep mine' }));
    await user.click(saveButton());
    await waitFor(() => expect(stored).toMatchObject({ version: 5, label: 'Flights!' }));
    expect(saves.map(({ match }) => match)).toEqual(['"3"', '"4"']);
  });

  it('takes theirs', async () => {
    const { user } = open();
    await user.type(await label(), '!');
    stored = { ...stored, version: 4, label: 'Theirs' };
    await user.click(saveButton());
    await user.click(await screen.findByRole('button', { name: 'Take theirs' }));
    expect(await label()).toHaveValue('Theirs');
    expect(saveButton()).toBeDisabled();
  });

  it('is read only for viewers', async () => {
    open('', viewer);
    expect(await label()).toBeDisabled();
    expect(screen.queryByRole('button', { name: 'Save model' })).toBeNull();
    expect(screen.queryByRole('button', { name: /^Add|^Remove/ })).toBeNull();
  });
});

describe('the text', () => {
  it('is the model, and what is wrong in it is said by line before it is saved', async () => {
    const { user } = open('?as=text');
    const text = await screen.findByRole<HTMLTextAreaElement>('textbox', {
      name: 'Flights as text',
    });
    expect(text.value).toContain('label: Flights');
    const at = text.value.indexOf('label: Flights') + 'label'.length;
    await user.type(text, 'x', { initialSelectionStart: at, initialSelectionEnd: at });
    expect(
      await screen.findByRole('button', {
        name: 'Line 3: A model has no “labelx”; did you mean “label”?',
      }),
    ).toBeVisible();
    expect(saveButton()).toBeDisabled();
    await user.type(text, '{Backspace}', {
      initialSelectionStart: at + 1,
      initialSelectionEnd: at + 1,
    });
    const end = text.value.indexOf('label: Flights') + 'label: Flights'.length;
    await user.type(text, '2', { initialSelectionStart: end, initialSelectionEnd: end });
    await user.click(screen.getByRole('tab', { name: 'Form' }));
    expect(await label()).toHaveValue('Flights2');
    await user.click(saveButton());
    await waitFor(() => expect(stored.label).toBe('Flights2'));
  });
});
