// Steps on the page of a dataset: listed, added, ordered, tried on a sample, and saved.
import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { act } from 'react';
import { describe, expect, it } from 'vitest';
import { baseApi } from '@/api/base-api';
import type { DatasetSteps, PreviewOrder, Role, Step } from '@/api/types';
import { flightsDetail, problem, session } from '@/testing/fixtures';
import { gate } from '@/testing/gate';
import { refuse } from '@/testing/handlers';
import { mockState } from '@/testing/mock-state';
import { renderApp } from '@/testing/render-app';
import { server } from '@/testing/server';
import { previewOf } from '@/testing/step-handlers';
import { DatasetView } from '../dataset-view';
import StepsTab from './steps-tab';

async function open(steps: Step[] = []) {
  mockState.steps = { source: [], steps };
  const saved: DatasetSteps[] = [];
  const tried: PreviewOrder[] = [];
  server.use(
    http.put('*/api/v1/datasets/:name/steps', async ({ request }) => {
      saved.push((await request.clone().json()) as DatasetSteps);
      return undefined;
    }),
    http.post('*/api/v1/uploads/:id/preview', async ({ request }) => {
      tried.push((await request.clone().json()) as PreviewOrder);
      return undefined;
    }),
  );
  const { user, store } = renderApp(<StepsTab dataset={flightsDetail} />);
  const list = await screen.findByRole('list', { name: 'Steps' });
  const choose = async (field: string, option: string | RegExp) => {
    await user.click(screen.getByRole('combobox', { name: field }));
    await user.click(await screen.findByRole('option', { name: option }));
  };
  const pick = () =>
    user.upload(screen.getByLabelText('Sample file'), new File(['year\n2013\n'], 'new.csv'));
  const readAgain = () =>
    act(() => {
      store.dispatch(baseApi.util.invalidateTags([{ type: 'Dataset', id: flightsDetail.name }]));
    });
  return { user, list, choose, pick, readAgain, saved, tried };
}

const names = (list: HTMLElement) =>
  within(list)
    .getAllByRole('listitem')
    .map((item) => item.getAttribute('aria-label'));
const save = () => screen.getByRole('button', { name: 'Save steps' });

describe('the tab', () => {
  const page = (role: Role) =>
    renderApp(<DatasetView name="flights" />, {
      path: '/datasets/flights?tab=steps',
      session: { ...session, user: { ...session.user, role } },
    });

  it('is there for who may load rows', async () => {
    page('editor');
    expect(await screen.findByRole('tab', { name: 'Steps', selected: true })).toBeInTheDocument();
    expect(await screen.findByRole('combobox', { name: 'Add a step' })).toBeInTheDocument();
  });

  it('is not there for others, who are shown the columns', async () => {
    page('viewer');
    expect(await screen.findByRole('tab', { name: 'Columns', selected: true })).toBeInTheDocument();
    expect(screen.queryByRole('tab', { name: 'Steps' })).not.toBeInTheDocument();
  });
});

describe('the list', () => {
  it('is added to and saved; what is missing is named', async () => {
    const { user, list, choose, saved } = await open();
    expect(screen.getByText(/^No steps/)).toBeInTheDocument();
    expect(save()).toBeDisabled();
    await choose('Add a step', /^Filter/);
    expect(names(list)).toEqual(['Step 1: Filter']);
    expect(screen.getByText('Step 1 is not complete yet.')).toBeInTheDocument();
    expect(save()).toBeDisabled();
    await user.type(screen.getByRole('textbox', { name: 'Condition' }), 'distance > 0');
    await choose('A row on which it fails', 'is left out');
    await user.click(save());
    expect(await screen.findByText(/^Saved/)).toBeInTheDocument();
    expect(saved).toEqual([
      { steps: [{ op: 'filter', condition: 'distance > 0', on_error: 'null' }] },
    ]);
    await waitFor(() => expect(save()).toBeDisabled());
  });

  it('offers the columns that come to a step', async () => {
    const { user, list, saved } = await open([
      { op: 'drop', columns: ['dest'] },
      { op: 'case', columns: ['origin'], to: 'lower' },
    ]);
    await user.click(within(list).getByRole('button', { name: /^2\. Letters/ }));
    await user.click(screen.getByRole('combobox', { name: 'Columns' }));
    expect(screen.queryByRole('option', { name: 'dest' })).not.toBeInTheDocument();
    await user.click(screen.getByRole('option', { name: 'carrier' }));
    await user.keyboard('{Escape}');
    await user.click(save());
    await waitFor(() => expect(saved).toHaveLength(1));
    expect(saved[0]?.steps[1]).toEqual({ op: 'case', columns: ['origin', 'carrier'], to: 'lower' });
  });

  it('is put in order, taken from, and reset', async () => {
    const steps: Step[] = [
      { op: 'trim' },
      { op: 'filter', condition: 'distance > 0' },
      { op: 'drop', columns: ['dest'] },
    ];
    const { user, list, saved } = await open(steps);
    expect(within(list).getByText('distance > 0')).toBeInTheDocument();
    expect(screen.getByRole('button', { name: 'Move step 1, Trim up' })).toBeDisabled();
    await user.click(screen.getByRole('button', { name: 'Move step 3, Drop up' }));
    expect(await screen.findByText('Drop is step 2 now')).toBeInTheDocument();
    expect(names(list)).toEqual(['Step 1: Trim', 'Step 2: Drop', 'Step 3: Filter']);
    await user.click(screen.getByRole('button', { name: 'Reset' }));
    expect(names(list)).toEqual(['Step 1: Trim', 'Step 2: Filter', 'Step 3: Drop']);
    await user.click(screen.getByRole('button', { name: 'Remove step 2, Filter' }));
    await user.click(save());
    await waitFor(() => expect(saved).toEqual([{ steps: [steps[0], steps[2]] }]));
  });

  it('keeps a step that it cannot show', async () => {
    const strange = { op: 'geocode', column: 'city' } as unknown as Step;
    const { user, list, saved } = await open([strange, { op: 'trim' }]);
    expect(names(list)).toEqual(['Step 1: geocode', 'Step 2: Trim']);
    await user.click(within(list).getByRole('button', { name: /geocode/, expanded: false }));
    expect(screen.getByText(/kept as it is/)).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Remove step 2, Trim' }));
    await user.click(save());
    await waitFor(() => expect(saved).toEqual([{ steps: [strange] }]));
  });
});

describe('what the server refuses', () => {
  const refusal = (field: string, detail: string) =>
    HttpResponse.json(
      { ...problem(400, 'invalid', 'Not valid', detail), errors: [{ field, detail }] },
      { status: 400 },
    );

  it('stands at its step until something changes', async () => {
    const { user, list } = await open([{ op: 'trim' }, { op: 'filter', condition: 'prise > 0' }]);
    server.use(
      http.put('*/api/v1/datasets/:name/steps', () =>
        refusal('steps[1]', 'step 2 (filter): there is no column "prise"'),
      ),
    );
    await user.click(within(list).getByRole('button', { name: /prise > 0/ }));
    await user.type(screen.getByRole('textbox', { name: 'Condition' }), '1');
    await user.click(save());
    const [first, second] = within(list).getAllByRole('listitem');
    expect(await within(second!).findByRole('alert')).toHaveTextContent(
      /^there is no column "prise"$/,
    );
    expect(within(first!).queryByRole('alert')).not.toBeInTheDocument();
    // What was typed is still there.
    expect(screen.getByRole('textbox', { name: 'Condition' })).toHaveValue('prise > 01');
    await user.type(screen.getByRole('textbox', { name: 'Condition' }), '2');
    expect(screen.queryByRole('alert')).not.toBeInTheDocument();
  });

  it('is told as a whole where it is about no step', async () => {
    const { user } = await open([{ op: 'trim' }]);
    server.use(
      http.put('*/api/v1/datasets/:name/steps', () =>
        refusal('columns', 'the dataset has no column "total"'),
      ),
    );
    await user.click(screen.getByRole('button', { name: 'Remove step 1, Trim' }));
    await user.click(save());
    expect(await screen.findByRole('alert')).toHaveTextContent('has no column "total"');
  });

  it('stands at its step when it was only tried', async () => {
    const { list, pick } = await open([{ op: 'filter', condition: 'prise > 0' }]);
    server.use(
      http.post('*/api/v1/uploads/:id/preview', () =>
        refusal('steps[0]', 'step 1 (filter): there is no column "prise"'),
      ),
    );
    await pick();
    expect(await within(list).findByRole('alert')).toHaveTextContent('there is no column');
    expect(screen.getByText('A step is refused, see there.')).toBeInTheDocument();
  });
});

describe('what somebody else has saved meanwhile', () => {
  const theirs: Step[] = [{ op: 'trim' }, { op: 'drop', columns: ['dest'] }];
  const meanwhile = /^Somebody else has changed the steps meanwhile/;
  const filter = () => screen.getByRole('textbox', { name: 'Condition' });

  async function typing() {
    const opened = await open([{ op: 'filter', condition: 'distance > 0' }]);
    const { user, list } = opened;
    await user.click(within(list).getByRole('button', { name: /^1\. Filter/ }));
    await user.type(filter(), '0');
    return opened;
  }

  it('is not replaced before it was asked about', async () => {
    const { user, saved } = await typing();
    mockState.steps = { steps: theirs };
    await user.click(save());
    expect(await screen.findByText(meanwhile)).toBeInTheDocument();
    expect(saved).toEqual([]);
    expect(save()).toBeDisabled();
    await user.click(screen.getByRole('button', { name: 'Keep mine' }));
    await user.click(save());
    await waitFor(() =>
      expect(saved).toEqual([{ steps: [{ op: 'filter', condition: 'distance > 00' }] }]),
    );
  });

  it('does not throw away what is typed when it comes', async () => {
    const { user, list, readAgain } = await typing();
    mockState.steps = { steps: theirs };
    readAgain();
    expect(await screen.findByText(meanwhile)).toBeInTheDocument();
    expect(filter()).toHaveValue('distance > 00');
    await user.click(screen.getByRole('button', { name: 'Take theirs' }));
    expect(names(list)).toEqual(['Step 1: Trim', 'Step 2: Drop']);
    expect(screen.queryByText(meanwhile)).not.toBeInTheDocument();
  });

  it('is taken over where nothing was typed', async () => {
    const { list, readAgain } = await open([{ op: 'trim' }]);
    mockState.steps = { steps: theirs };
    readAgain();
    await waitFor(() => expect(names(list)).toEqual(['Step 1: Trim', 'Step 2: Drop']));
    expect(save()).toBeDisabled();
  });

  it('may be the columns of the files alone', async () => {
    const { user, saved } = await typing();
    mockState.steps = { ...mockState.steps, source: [{ name: 'distance', type: 'string' }] };
    await user.click(save());
    expect(await screen.findByText(meanwhile)).toBeInTheDocument();
    expect(saved).toEqual([]);
  });

  it('is told where only the columns of a sample were to be saved', async () => {
    const { user, list, pick, saved } = await open([{ op: 'trim' }]);
    await pick();
    await waitFor(() => expect(save()).toBeEnabled());
    mockState.steps = { steps: theirs };
    await user.click(save());
    expect(
      await screen.findByText('Somebody else has changed the steps meanwhile'),
    ).toBeInTheDocument();
    expect(names(list)).toEqual(['Step 1: Trim', 'Step 2: Drop']);
    expect(saved).toEqual([]);
  });
});

describe('while they are saved', () => {
  const named = 'From now on files have the columns of flights-2013.csv';

  it('cannot be changed, and are what the answer says, also where it cannot be read again', async () => {
    const { user, list, pick } = await open([{ op: 'trim' }, { op: 'drop', columns: ['dest'] }]);
    const [asked, release] = gate();
    server.use(
      http.put('*/api/v1/datasets/:name/steps', async ({ request }) => {
        const sent = (await request.json()) as DatasetSteps;
        await asked;
        server.use(
          http.get('*/api/v1/datasets/:name/steps', () =>
            refuse(503, 'unavailable', 'Not available', 'The store does not answer'),
          ),
        );
        return HttpResponse.json(sent);
      }),
    );
    await pick();
    await screen.findByRole('checkbox', { name: named });
    await user.click(screen.getByRole('button', { name: 'Remove step 2, Drop' }));
    await waitFor(() => expect(save()).toBeEnabled());
    await user.click(save());
    expect(list.closest('fieldset')).toHaveAttribute('inert');
    expect(screen.getByRole('checkbox', { name: named })).toBeDisabled();
    expect(screen.getByRole('button', { name: 'Remove step 1, Trim' })).toBeDisabled();
    release();
    expect(await screen.findByText(/^Saved/)).toBeInTheDocument();
    await waitFor(() => expect(list.closest('fieldset')).not.toHaveAttribute('inert'));
    expect(names(list)).toEqual(['Step 1: Trim']);
    // The columns of the sample are those of the steps now.
    expect(screen.queryByRole('checkbox', { name: named })).not.toBeInTheDocument();
    expect(screen.queryByRole('button', { name: 'Reset' })).not.toBeInTheDocument();
    expect(save()).toBeDisabled();
  });
});

describe('taking a step away', () => {
  it('leaves the focus at the next one, and at last where one is added', async () => {
    const { user } = await open([{ op: 'trim' }, { op: 'drop', columns: ['dest'] }]);
    await user.click(screen.getByRole('button', { name: 'Remove step 1, Trim' }));
    expect(screen.getByRole('button', { name: /^1\. Drop/ })).toHaveFocus();
    await user.click(screen.getByRole('button', { name: 'Remove step 1, Drop' }));
    expect(screen.getByRole('combobox', { name: 'Add a step' })).toHaveFocus();
  });
});

describe('a sample', () => {
  const columns = { source: previewOf({}).source };
  const dates: Step = { op: 'parse_date', column: 'time_hour', formats: ['%d'] };

  it('shows rows before and after, those rejected, and what became of them at each step', async () => {
    const { user, list, pick, tried, saved } = await open([{ op: 'trim' }, dates]);
    await pick();
    const after = await screen.findByRole('grid', { name: 'Rows after the steps' });
    expect(after).toHaveAttribute('aria-rowcount', '20');
    expect(within(list).getByText('20 rows')).toBeInTheDocument();
    await user.click(within(list).getByRole('button', { name: /^2\. Read dates/ }));
    const formats = screen.getByRole('textbox', { name: 'Formats' });
    await user.clear(formats);
    expect(screen.getByText('Complete step 2 to see what the steps do.')).toBeInTheDocument();
    await user.type(formats, '%Y');
    await waitFor(() =>
      expect(tried.at(-1)).toEqual({
        steps: [{ op: 'trim' }, { op: 'parse_date', column: 'time_hour', formats: ['%Y'] }],
        limit: 100,
      }),
    );
    expect(
      await screen.findByText('Of 20 rows that were looked at, 19 would be stored, 1 rejected.'),
    ).toBeInTheDocument();
    // Not every key asked.
    expect(tried.length).toBeLessThan(4);
    expect(screen.getByRole('grid', { name: 'Rows before the steps' })).toHaveAttribute(
      'aria-rowcount',
      '21',
    );
    const rejected = screen.getByRole('grid', { name: 'Rejected rows of the sample' });
    expect(within(rejected).getByText(/no format fits/)).toBeInTheDocument();
    expect(within(list).getByText('19 rows, 1 rejected')).toBeInTheDocument();
    await user.click(save());
    await waitFor(() => expect(saved).toHaveLength(1));
    expect(saved[0]).toEqual({ ...columns, steps: tried.at(-1)?.steps });
    // The sample is still there after that.
    expect(await screen.findByRole('grid', { name: 'Rows after the steps' })).toBeInTheDocument();
  });

  it('gives its columns only to who wants them', async () => {
    const { user, pick, saved } = await open([{ op: 'trim' }]);
    await pick();
    await user.click(
      await screen.findByRole('checkbox', {
        name: 'From now on files have the columns of flights-2013.csv',
      }),
    );
    expect(save()).toBeDisabled();
    await user.click(screen.getByRole('button', { name: 'Remove step 1, Trim' }));
    await user.click(save());
    await waitFor(() => expect(saved).toEqual([{ steps: [] }]));
  });

  it('gives no columns where there are no steps, and none before they can be tried', async () => {
    const { user, choose, pick } = await open();
    await pick();
    expect(await screen.findByRole('grid', { name: 'Rows after the steps' })).toBeInTheDocument();
    expect(screen.queryByRole('checkbox')).not.toBeInTheDocument();
    expect(save()).toBeDisabled();
    server.use(
      http.post('*/api/v1/uploads/:id/preview', () =>
        HttpResponse.json(
          problem(400, 'invalid', 'Not valid', 'step 1 (filter): there is no column "prise"'),
          { status: 400 },
        ),
      ),
    );
    await choose('Add a step', /^Filter/);
    await user.type(screen.getByRole('textbox', { name: 'Condition' }), 'prise');
    expect(await screen.findByRole('alert')).toHaveTextContent('there is no column');
    expect(save()).toBeDisabled();
  });

  it('that is gone on the server says so, and is put aside', async () => {
    const { user, pick } = await open([{ op: 'trim' }]);
    server.use(
      http.post('*/api/v1/uploads/:id/preview', () =>
        HttpResponse.json(problem(404, 'not_found', 'No such upload', 'It was kept for an hour.'), {
          status: 404,
        }),
      ),
    );
    await pick();
    expect(await screen.findByRole('alert')).toHaveTextContent('It was kept for an hour.');
    await user.click(screen.getByRole('button', { name: 'Without a sample' }));
    expect(screen.getByText('No sample yet')).toBeInTheDocument();
  });
});
