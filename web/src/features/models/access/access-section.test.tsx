// Who sees what of a model, in its form: made by an admin, said in words, the same in the text, and closed to others.
import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { Route, Routes } from 'react-router';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Model, Role } from '@/api/types';
import { viewAs } from '@/api/view-as';
import { flightsDetail, session } from '@/testing/fixtures';
import { refuse } from '@/testing/handlers';
import { joinedFlights, joinedModels } from '@/testing/joined-fixtures';
import { renderApp } from '@/testing/render-app';
import { server } from '@/testing/server';
import ModelPage from '../model-page';
import type { YamlEditorProps } from '../text/yaml-editor';

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

let stored: Model = joinedFlights;
let saves: Model[] = [];

beforeAll(async () => {
  await Promise.all([import('../text/text-tab'), import('./access-section')]);
});

beforeEach(() => {
  stored = { ...joinedFlights, version: 3 };
  saves = [];
  server.use(
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
    http.get('*/api/v1/models/flights/values', () =>
      HttpResponse.json({ values: ['EWR', 'JFK', 'LGA'], more: false }),
    ),
    http.put('*/api/v1/models/flights', async ({ request }) => {
      const body = (await request.json()) as Model;
      saves.push(body);
      stored = { ...body, version: stored.version + 1 };
      return HttpResponse.json(stored);
    }),
  );
});

const open = (search = '', role: Role = 'admin') =>
  renderApp(
    <Routes>
      <Route path="/models/:name" element={<ModelPage />} />
    </Routes>,
    {
      path: `/models/flights${search}`,
      session: { ...session, user: { ...session.user, role } },
    },
  );
const section = () => screen.findByRole('region', { name: 'Access' });

describe('access in the form', () => {
  it('is made of who, rows and columns, and says in words what it does', async () => {
    const { user } = open();
    const access = await section();
    expect(access).toHaveTextContent('Everybody sees all rows and columns');
    await user.click(within(access).getByRole('button', { name: 'Add policy' }));
    const save = screen.getByRole('button', { name: 'Save model' });
    expect(save).toBeDisabled();
    await user.type(
      within(within(access).getByRole('group', { name: 'New policy' })).getByRole('textbox', {
        name: 'Name',
      }),
      'x',
    );
    const policy = within(access).getByRole('group', { name: 'x' });

    await user.click(within(policy).getByRole('button', { name: 'Add condition on people' }));
    const who = within(policy).getByRole('group', { name: 'Condition on people 1' });
    await user.type(within(who).getByRole('combobox', { name: 'Attribute' }), 'role');
    await user.type(within(who).getByRole('combobox', { name: 'Is one of' }), 'viewer{Enter}');

    await user.click(within(policy).getByRole('button', { name: 'Rows of their own…' }));
    const own = within(policy).getByRole('group', { name: 'Rows of their own' });
    await user.click(within(own).getByRole('combobox', { name: 'Dimension' }));
    await user.click(await screen.findByRole('option', { name: 'Origin' }));
    await user.type(within(own).getByRole('combobox', { name: 'Is their' }), 'country');
    await user.click(within(own).getByRole('button', { name: 'Add these rows' }));

    await user.click(within(policy).getByRole('combobox', { name: 'Hidden columns' }));
    await user.click(await screen.findByRole('option', { name: 'tailnum' }));
    await user.keyboard('{Escape}');
    await user.click(within(policy).getByRole('button', { name: 'Add masked column' }));
    const masked = within(policy).getByRole('group', { name: 'Masked column 1' });
    await user.click(within(masked).getByRole('combobox', { name: 'Column' }));
    await user.click(await screen.findByRole('option', { name: 'dest' }));
    await user.type(
      within(masked).getByRole('textbox', { name: 'Shown instead' }),
      'left(dest, 1)',
    );

    expect(within(policy).getByTestId('policy-text')).toHaveTextContent(
      'Viewers see rows where Origin is their country; tailnum is hidden; dest is shown as left(dest, 1).',
    );
    await user.click(save);
    await waitFor(() =>
      expect(saves[0]?.access_policies).toEqual([
        {
          name: 'x',
          when: [{ attribute: 'role', values: ['viewer'] }],
          rows: [{ member: 'flights.origin', operator: 'equals', values: ['{user.country}'] }],
          hidden: ['tailnum'],
          masked: [{ column: 'dest', expression: 'left(dest, 1)' }],
        },
      ]),
    );
  });

  it('lists the only columns that are there, and keeps the list when it is saved', async () => {
    const { user } = open();
    const access = await section();
    await user.click(within(access).getByRole('button', { name: 'Add policy' }));
    const save = screen.getByRole('button', { name: 'Save model' });
    await user.type(
      within(within(access).getByRole('group', { name: 'New policy' })).getByRole('textbox', {
        name: 'Name',
      }),
      'x',
    );
    const policy = within(access).getByRole('group', { name: 'x' });
    const choose = async (option: string) => {
      await user.click(within(policy).getByRole('combobox', { name: 'Visible columns' }));
      await user.click(await screen.findByRole('option', { name: option }));
    };
    expect(within(policy).queryByRole('combobox', { name: 'Only these columns' })).toBeNull();
    await choose('Only these');
    expect(await within(access).findByText('It needs a column that is visible.')).toBeVisible();
    expect(save).toBeDisabled();
    await user.click(within(policy).getByRole('combobox', { name: 'Only these columns' }));
    await user.click(await screen.findByRole('option', { name: 'tailnum' }));
    await user.keyboard('{Escape}');
    expect(within(policy).getByTestId('policy-text')).toHaveTextContent(
      'Everybody sees all rows; only tailnum is visible.',
    );
    await user.click(save);
    await waitFor(() =>
      expect(saves[0]?.access_policies).toEqual([{ name: 'x', columns: ['tailnum'] }]),
    );
    await choose('All that are not hidden');
    await user.click(save);
    await waitFor(() => expect(saves[1]?.access_policies).toEqual([{ name: 'x' }]));
  });

  it('shows rows by what they belong to over a join, but not by what there are many of', async () => {
    const { user } = open();
    const access = await section();
    await user.click(within(access).getByRole('button', { name: 'Add policy' }));
    await user.type(
      within(within(access).getByRole('group', { name: 'New policy' })).getByRole('textbox', {
        name: 'Name',
      }),
      'x',
    );
    const policy = within(access).getByRole('group', { name: 'x' });
    await user.click(within(policy).getByRole('button', { name: 'Rows of their own…' }));
    const own = within(policy).getByRole('group', { name: 'Rows of their own' });
    await user.click(within(own).getByRole('combobox', { name: 'Dimension' }));
    expect(await screen.findByRole('option', { name: 'Planes: Seats' })).toBeVisible();
    expect(screen.queryByRole('option', { name: /^Legs/ })).toBeNull();
    await user.click(screen.getByRole('option', { name: 'Origin airport: City' }));
    await user.type(within(own).getByRole('combobox', { name: 'Is their' }), 'city');
    await user.click(within(own).getByRole('button', { name: 'Add these rows' }));
    expect(within(policy).getByTestId('policy-text')).toHaveTextContent(
      'Everybody sees rows where Origin airport: City is their city.',
    );
    await user.click(screen.getByRole('button', { name: 'Save model' }));
    await waitFor(() =>
      expect(saves[0]?.access_policies).toEqual([
        {
          name: 'x',
          rows: [{ member: 'origin_airport.city', operator: 'equals', values: ['{user.city}'] }],
        },
      ]),
    );
  });

  it('leaves the focus beside a line that is taken away', async () => {
    stored = {
      ...stored,
      access_policies: [
        {
          name: 'own',
          rows: [{ member: 'flights.origin', operator: 'equals', values: ['JFK'] }],
          masked: [{ column: 'dest' }, { column: 'tailnum' }],
        },
      ],
    };
    const { user } = open();
    const access = await section();
    const button = (name: string) => within(access).getByRole('button', { name });
    await user.click(button('Remove own').previousElementSibling as HTMLElement);
    button('Remove masked column 1').focus();
    await user.keyboard('{Enter}');
    expect(button('Remove masked column 1')).toHaveFocus();
    expect(within(access).getByRole('group', { name: 'Masked column 1' })).toHaveTextContent(
      'tailnum',
    );
    await user.keyboard('{Enter}');
    expect(button('Add masked column')).toHaveFocus();

    button('Origin is JFK').focus();
    await user.keyboard('{Delete}');
    expect(button('Add condition')).toHaveFocus();

    await user.click(button('Rows of their own…'));
    expect(within(access).getByRole('combobox', { name: 'Dimension' })).toHaveFocus();
    await user.click(button('Cancel'));
    expect(button('Rows of their own…')).toHaveFocus();
  });

  it('offers attributes of people among the values of a dimension', async () => {
    stored = { ...stored, access_policies: [{ name: 'own' }] };
    const { user } = open();
    const access = await section();
    await user.click(within(access).getByRole('button', { name: /^own/ }));
    await user.click(within(access).getByRole('button', { name: 'Add condition' }));
    const dialog = await screen.findByRole('dialog', { name: 'Condition' });
    await user.click(await within(dialog).findByRole('combobox', { name: 'Field' }));
    await user.click(await screen.findByRole('option', { name: 'Origin' }));
    const values = within(dialog).getByRole('list', { name: 'Values' });
    await user.click(await within(values).findByRole('checkbox', { name: /^\{user\.desk\}/ }));
    await user.click(await within(values).findByRole('checkbox', { name: /^JFK/ }));
    await user.click(within(dialog).getByRole('button', { name: 'Apply filter' }));
    expect(within(access).getByTestId('policy-text')).toHaveTextContent(
      'Everybody sees rows where Origin is their desk, JFK.',
    );
  });

  it('and the text say the same, both ways', async () => {
    stored = {
      ...stored,
      access_policies: [{ name: 'own', when: [{ attribute: 'desk', values: ['7'] }] }],
    };
    const { user } = open('?as=text');
    const text = await screen.findByRole<HTMLTextAreaElement>('textbox', {
      name: 'Flights as text',
    });
    const at = text.value.indexOf('- name: own') + '- name: own'.length;
    await user.type(text, '2', { initialSelectionStart: at, initialSelectionEnd: at });
    await user.click(screen.getByRole('tab', { name: 'Form' }));
    const access = await section();
    const line = within(access).getByRole('button', { name: /^own2/ });
    expect(line).toHaveTextContent('People whose desk is 7 see all rows');
    await user.click(within(access).getByRole('button', { name: 'Remove own2' }));
    await user.click(screen.getByRole('tab', { name: 'Text' }));
    const again = await screen.findByRole<HTMLTextAreaElement>('textbox', {
      name: 'Flights as text',
    });
    expect(again.value).not.toContain('access_policies');
    await user.click(screen.getByRole('button', { name: 'Save model' }));
    await waitFor(() => expect(saves).toHaveLength(1));
    expect(saves[0]?.access_policies ?? []).toEqual([]);
  });

  it('says at the policy what the server refuses', async () => {
    stored = { ...stored, access_policies: [{ name: 'own' }] };
    server.use(
      http.put('*/api/v1/models/flights', () =>
        HttpResponse.json(
          {
            type: 'about:blank',
            title: 'Not valid',
            status: 400,
            code: 'invalid',
            errors: [{ field: 'access_policies[0].hidden[0]', detail: 'no such column' }],
          },
          { status: 400 },
        ),
      ),
    );
    const { user } = open();
    const access = await section();
    await user.click(within(access).getByRole('button', { name: /^own/ }));
    await user.type(within(access).getByRole('textbox', { name: 'Name' }), '2');
    await user.click(screen.getByRole('button', { name: 'Save model' }));
    expect(await within(access).findByText('no such column')).toBeVisible();
  });
});

describe('access for others', () => {
  it.each<Role>(['editor', 'viewer'])('is a line for the %s that says why not', async (role) => {
    stored = { ...stored, access_policies: [{ name: 'own' }] };
    open('', role);
    const access = await section();
    expect(access).toHaveTextContent('is set by the admins of your organisation');
    expect(within(access).queryByRole('button')).toBeNull();
  });

  it('is not changed by an editor in the text', async () => {
    const { user } = open('?as=text', 'editor');
    const text = await screen.findByRole<HTMLTextAreaElement>('textbox', {
      name: 'Flights as text',
    });
    await user.click(text);
    await user.type(text, '\naccess_policies:\n  - name: mine');
    expect(
      await screen.findByText('Access policies: Only admins change who sees what.'),
    ).toBeVisible();
    expect(screen.getByRole('button', { name: 'Save model' })).toBeDisabled();
  });

  it('is said where the server refuses to save what is seen in part', async () => {
    server.use(
      http.put('*/api/v1/models/flights', () =>
        refuse(403, 'denied', 'Denied', 'You see this model only in part'),
      ),
    );
    const { user } = open('', 'editor');
    const general = await screen.findByRole('region', { name: 'General' });
    await user.type(within(general).getByRole('textbox', { name: 'Label' }), '!');
    await user.click(screen.getByRole('button', { name: 'Save model' }));
    expect(await screen.findByText('You see this model only in part')).toBeVisible();
  });

  it('is not changed while one views as somebody else', async () => {
    open();
    await section();
    viewAs({ id: 'u2', name: 'Bo' });
    expect(await screen.findByText(/while you view as somebody else/)).toBeVisible();
  });
});
