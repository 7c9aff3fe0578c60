// The contract on the page of a dataset: read by everybody, changed by admins, never over what somebody else has saved.
import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { describe, expect, it } from 'vitest';
import type { Contract, ContractRule, Role } from '@/api/types';
import { rules } from '@/testing/contract-fixtures';
import { flightsDetail, problem, session } from '@/testing/fixtures';
import { gate } from '@/testing/gate';
import { refuse } from '@/testing/handlers';
import { mockState } from '@/testing/mock-state';
import { renderApp } from '@/testing/render-app';
import { server } from '@/testing/server';
import ContractTab from './contract-tab';

async function open(saved: ContractRule[] = [], role: Role = 'admin') {
  mockState.contract = { rules: saved };
  const sent: Contract[] = [];
  server.use(
    http.put('*/api/v1/datasets/:name/contract', async ({ request }) => {
      sent.push((await request.clone().json()) as Contract);
      return undefined;
    }),
  );
  const { user } = renderApp(<ContractTab dataset={flightsDetail} />, {
    session: { ...session, user: { ...session.user, role } },
  });
  await screen.findByRole('heading', { name: 'Contract' });
  const choose = async (field: string, option: string | RegExp) => {
    await user.click(screen.getByRole('combobox', { name: field }));
    await user.click(await screen.findByRole('option', { name: option }));
  };
  return { user, choose, sent };
}

const list = () => screen.getByRole('list', { name: 'Rules' });
const byColumn = (name: string) =>
  within(screen.getByRole('list', { name: 'Columns and their rules' }))
    .getAllByRole('listitem')
    .find((item) => item.textContent?.startsWith(name))!;
const save = () => screen.getByRole('button', { name: 'Save contract' });

describe('reading it', () => {
  it.each(['viewer', 'editor'] as const)('is all that a %s does', async (role) => {
    await open(rules, role);
    expect(within(list()).getAllByRole('listitem')).toHaveLength(3);
    expect(list()).toHaveTextContent(
      'dep_delay is from -100 to 2000, else the value becomes missing',
    );
    expect(byColumn('flight')).toHaveTextContent(
      'is unique together with time_hour, else the load fails',
    );
    expect(byColumn('origin')).toHaveTextContent('No rule');
    expect(screen.getByText('An admin can change this.')).toBeInTheDocument();
    expect(screen.queryByRole('button')).not.toBeInTheDocument();
    expect(screen.getByText(/rows that are stored are not looked at/)).toBeInTheDocument();
  });

  it('says that there is none', async () => {
    await open([], 'viewer');
    expect(screen.getByText(/^No rules/)).toBeInTheDocument();
  });

  it('is refused to who does not see the whole dataset', async () => {
    server.use(
      http.get('*/api/v1/datasets/:name/contract', () =>
        refuse(403, 'denied', 'Not allowed', 'ask somebody who sees the whole dataset'),
      ),
    );
    renderApp(<ContractTab dataset={flightsDetail} />);
    expect(await screen.findByText('ask somebody who sees the whole dataset')).toBeInTheDocument();
  });

  it('can be tried again when it does not come', async () => {
    server.use(
      http.get(
        '*/api/v1/datasets/:name/contract',
        () => refuse(500, 'corrupt', 'Damaged', 'the contract of the dataset cannot be read'),
        { once: true },
      ),
    );
    const { user } = renderApp(<ContractTab dataset={flightsDetail} />);
    await user.click(await screen.findByRole('button', { name: 'Try again' }));
    expect(await screen.findByRole('heading', { name: 'Contract' })).toBeInTheDocument();
  });

  it('is all that can be done where a number has too many digits', async () => {
    await open([{ check: 'range', column: 'flight', max: 2 ** 60 }]);
    expect(screen.getByText(/more digits than this page can write/)).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: 'Save contract' })).not.toBeInTheDocument();
  });
});

describe('changing it', () => {
  it('adds a rule with what the column holds, and saves it', async () => {
    const { user, choose, sent } = await open();
    expect(save()).toBeDisabled();
    await choose('Add a rule', /^Range/);
    expect(screen.getByText('Rule 1 is not complete yet.')).toBeInTheDocument();
    await user.click(screen.getByRole('combobox', { name: 'Column' }));
    expect(screen.queryByRole('option', { name: 'carrier' })).not.toBeInTheDocument();
    await user.click(screen.getByRole('option', { name: 'distance' }));
    await user.type(screen.getByRole('textbox', { name: 'Least' }), 'x');
    expect(screen.getByText('Enter a whole number, without separators')).toBeInTheDocument();
    await user.clear(screen.getByRole('textbox', { name: 'Least' }));
    await user.type(screen.getByRole('textbox', { name: 'Least' }), '1');
    await choose('A row that does not hold to it', 'stays without the value');
    expect(byColumn('distance')).toHaveTextContent('is at least 1, else the value becomes missing');
    await user.click(save());
    expect(await screen.findByText('Saved; later loads are held to it')).toBeInTheDocument();
    expect(sent).toEqual([
      { rules: [{ check: 'range', column: 'distance', min: 1, on_violation: 'null' }] },
    ]);
    await waitFor(() => expect(save()).toBeDisabled());
  });

  it('takes the type that a column has, and no reaction that makes no sense', async () => {
    const { user, choose, sent } = await open();
    await choose('Add a rule', /^Type/);
    await choose('Column', 'carrier');
    expect(screen.getByRole('combobox', { name: 'Type' })).toHaveTextContent('Text');
    await choose('Add a rule', /^Not missing/);
    await user.click(screen.getByRole('combobox', { name: 'A row that does not hold to it' }));
    expect(screen.getAllByRole('option').map((option) => option.textContent)).toEqual([
      'is rejected',
      'ends the load',
    ]);
    await user.keyboard('{Escape}');
    await choose('Column', 'dest');
    await user.click(save());
    await waitFor(() =>
      expect(sent).toEqual([
        {
          rules: [
            { check: 'type', column: 'carrier', type: 'string' },
            { check: 'required', column: 'dest' },
          ],
        },
      ]),
    );
  });

  it('refers to a column of another dataset', async () => {
    server.use(
      http.get('*/api/v1/datasets/airports', () =>
        HttpResponse.json({
          ...flightsDetail,
          name: 'airports',
          columns: [{ ...flightsDetail.columns[1]!, name: 'faa' }],
        }),
      ),
    );
    const { user, choose, sent } = await open();
    await choose('Add a rule', /^Reference/);
    await choose('Column', 'dest');
    expect(screen.getByRole('combobox', { name: 'Column there' })).toHaveAttribute(
      'aria-disabled',
      'true',
    );
    await choose('Dataset', 'airports');
    await waitFor(() =>
      expect(screen.getByRole('combobox', { name: 'Column there' })).not.toHaveAttribute(
        'aria-disabled',
      ),
    );
    await choose('Column there', 'faa');
    await user.click(save());
    await waitFor(() =>
      expect(sent).toEqual([
        { rules: [{ check: 'reference', column: 'dest', dataset: 'airports', key: 'faa' }] },
      ]),
    );
  });

  it('puts rules in order, takes them away, and goes back', async () => {
    const { user } = await open(rules);
    const names = () =>
      within(list())
        .getAllByRole('listitem')
        .map((item) => item.getAttribute('aria-label'));
    await user.click(screen.getByRole('button', { name: 'Move rule 2, Range up' }));
    expect(names()).toEqual(['Rule 1: Range', 'Rule 2: Not missing', 'Rule 3: Unique key']);
    await user.click(screen.getByRole('button', { name: 'Remove rule 3, Unique key' }));
    expect(names()).toHaveLength(2);
    await user.click(screen.getByRole('button', { name: 'Reset' }));
    expect(names()).toEqual(['Rule 1: Not missing', 'Rule 2: Range', 'Rule 3: Unique key']);
    expect(save()).toBeDisabled();
  });
});

describe('taking a rule away', () => {
  it('leaves the focus at the next one, and at last where one is added', async () => {
    const { user } = await open(rules);
    const remove = (named: string) => user.click(screen.getByRole('button', { name: named }));
    await remove('Remove rule 2, Range');
    expect(screen.getByRole('button', { name: /^2\. Unique key/ })).toHaveFocus();
    await remove('Remove rule 2, Unique key');
    expect(screen.getByRole('button', { name: /^1\. Not missing/ })).toHaveFocus();
    await remove('Remove rule 1, Not missing');
    expect(screen.getByRole('combobox', { name: 'Add a rule' })).toHaveFocus();
  });
});

describe('while it is saved', () => {
  const pattern: ContractRule = { check: 'pattern', column: 'origin', pattern: 'A' };

  async function saving(answer: (sent: Contract) => Response) {
    const opened = await open([pattern]);
    const [asked, release] = gate();
    const sent: Contract[] = [];
    server.use(
      http.put('*/api/v1/datasets/:name/contract', async ({ request }) => {
        sent.push((await request.clone().json()) as Contract);
        await asked;
        return answer(sent.at(-1)!);
      }),
    );
    const { user } = opened;
    await user.click(within(list()).getByRole('button', { name: /^1\. Pattern/ }));
    const field = screen.getByRole('textbox', { name: 'Regular expression' });
    await user.type(field, 'B');
    await user.click(save());
    await waitFor(() => expect(sent).toHaveLength(1));
    return { ...opened, field, release, sent };
  }

  it('cannot be changed, so that a refusal is told of what was sent', async () => {
    const { user, field, release, sent } = await saving(() =>
      refuse(400, 'invalid', 'Not valid', 'rule 1 (pattern of origin): it is too long'),
    );
    expect(field).toBeDisabled();
    expect(list().closest('fieldset')).toHaveAttribute('inert');
    await user.type(field, 'C');
    await user.click(screen.getByRole('combobox', { name: 'Add a rule' }));
    expect(screen.queryByRole('listbox')).not.toBeInTheDocument();
    release();
    expect(await within(list()).findByRole('alert')).toHaveTextContent('it is too long');
    expect(field).toBeEnabled();
    expect(field).toHaveValue('AB');
    expect(sent).toHaveLength(1);
  });

  it('is not taken for a change of somebody else', async () => {
    const { release } = await saving(() => {
      mockState.contract = { rules: [{ ...pattern, pattern: '(?:AB)' }] };
      return HttpResponse.json(mockState.contract);
    });
    release();
    expect(await screen.findByText('Saved; later loads are held to it')).toBeInTheDocument();
    expect(within(list()).getByText(/matches \(\?:AB\)/)).toBeInTheDocument();
    await waitFor(() => expect(save()).toBeDisabled());
    expect(screen.queryByText(/^Somebody else/)).not.toBeInTheDocument();
  });

  it('is saved by the answer, also where it cannot be read again', async () => {
    const { release } = await saving((sent) => {
      server.use(
        http.get('*/api/v1/datasets/:name/contract', () =>
          refuse(503, 'unavailable', 'Not available', 'The store does not answer'),
        ),
      );
      return HttpResponse.json(sent);
    });
    release();
    expect(await screen.findByText('Saved; later loads are held to it')).toBeInTheDocument();
    await waitFor(() => expect(save()).toBeDisabled());
    expect(screen.queryByRole('button', { name: 'Reset' })).not.toBeInTheDocument();
  });
});

describe('what the server says', () => {
  it('against a rule stands at the rule until something changes', async () => {
    const { user } = await open(rules);
    const detail = 'rule 2 (range of dep_delay): the dataset has no column "dep_delay"';
    server.use(
      http.put('*/api/v1/datasets/:name/contract', () =>
        HttpResponse.json(
          {
            ...problem(400, 'invalid', 'Not valid', detail),
            errors: [{ field: 'rules[1].column', detail }],
          },
          { status: 400 },
        ),
      ),
    );
    await user.click(screen.getByRole('button', { name: 'Remove rule 3, Unique key' }));
    await user.click(save());
    const [first, second] = within(list()).getAllByRole('listitem');
    expect(await within(second!).findByRole('alert')).toHaveTextContent(
      /^the dataset has no column "dep_delay"$/,
    );
    expect(within(first!).queryByRole('alert')).not.toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Move rule 2, Range up' }));
    expect(screen.queryByRole('alert')).not.toBeInTheDocument();
  });

  it('about a conflict is told, and what was typed stays', async () => {
    const { user } = await open(rules);
    server.use(
      http.put('*/api/v1/datasets/:name/contract', () =>
        refuse(409, 'conflict', 'Conflict', 'change the contract of flights: others were faster'),
      ),
    );
    await user.click(screen.getByRole('button', { name: 'Remove rule 3, Unique key' }));
    await user.click(save());
    expect(await screen.findByRole('alert')).toHaveTextContent('others were faster');
    expect(within(list()).getAllByRole('listitem')).toHaveLength(2);
    expect(save()).toBeEnabled();
  });
});

describe('what somebody else has saved meanwhile', () => {
  const theirs: ContractRule[] = [{ check: 'required', column: 'origin', on_violation: 'fail' }];
  const meanwhile = /^Somebody else has changed the contract meanwhile/;

  it('is not replaced before it was asked about', async () => {
    const { user, sent } = await open(rules);
    await user.click(screen.getByRole('button', { name: 'Remove rule 3, Unique key' }));
    mockState.contract = { rules: theirs };
    await user.click(save());
    expect(await screen.findByText(meanwhile)).toBeInTheDocument();
    expect(save()).toBeDisabled();
    expect(sent).toEqual([]);
    await user.click(screen.getByRole('button', { name: 'Keep mine' }));
    await user.click(save());
    await waitFor(() => expect(sent).toHaveLength(1));
    expect(sent[0]?.rules).toHaveLength(2);
  });

  it('can be taken instead', async () => {
    const { user, sent } = await open(rules);
    await user.click(screen.getByRole('button', { name: 'Remove rule 3, Unique key' }));
    mockState.contract = { rules: theirs };
    await user.click(save());
    await user.click(await screen.findByRole('button', { name: 'Take theirs' }));
    expect(byColumn('origin')).toHaveTextContent('is never missing, else the load fails');
    expect(within(list()).getAllByRole('listitem')).toHaveLength(1);
    expect(screen.queryByText(meanwhile)).not.toBeInTheDocument();
    expect(sent).toEqual([]);
  });

  it('cannot be looked for while the server does not answer', async () => {
    const { user, sent } = await open(rules);
    await user.click(screen.getByRole('button', { name: 'Remove rule 3, Unique key' }));
    server.use(
      http.get('*/api/v1/datasets/:name/contract', () =>
        refuse(503, 'unavailable', 'Not available', 'The store does not answer'),
      ),
    );
    await user.click(save());
    expect(await screen.findByText('The store does not answer')).toBeInTheDocument();
    expect(sent).toEqual([]);
  });
});
