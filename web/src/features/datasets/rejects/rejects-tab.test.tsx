// Rejected rows on the page of a dataset: which of them can be corrected here, and what is in the way of the others.
import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { describe, expect, it } from 'vitest';
import type { DatasetSteps, DatasetVersion, FixedRow, RejectedRow } from '@/api/types';
import { reportOf } from '@/testing/contract-handlers';
import { rules } from '@/testing/contract-fixtures';
import { flightsDetail, flightsLoadId, problem } from '@/testing/fixtures';
import { gate } from '@/testing/gate';
import { refuse } from '@/testing/handlers';
import { mockState } from '@/testing/mock-state';
import { renderApp } from '@/testing/render-app';
import { server } from '@/testing/server';
import { version, versionLoad, versionPage } from '@/testing/version-fixtures';
import RejectsTab from './rejects-tab';

const raw = '2013-01-01T10:00:00Z,UA,1545,EWR,IAH,late,11,1400';
const row = (line: number, change: Partial<RejectedRow> = {}): RejectedRow => ({
  load_id: flightsLoadId,
  number: line,
  line,
  column: 'dep_delay',
  value: 'late',
  rule: null,
  reason: 'not a number',
  raw,
  replayed_by: null,
  obstacle: null,
  ...change,
});

const noSteps: DatasetSteps = { source: [], steps: [] };

function serve(items: RejectedRow[], versions?: DatasetVersion[], steps = noSteps): void {
  server.use(
    http.get('*/api/v1/datasets/:name/rejects', () =>
      HttpResponse.json({ total: items.length, items, headers: {} }),
    ),
    http.get('*/api/v1/datasets/:name/steps', () => HttpResponse.json(steps)),
  );
  if (versions) {
    server.use(
      http.get('*/api/v1/datasets/:name/versions', () =>
        HttpResponse.json({ ...versionPage, items: versions }),
      ),
    );
  }
}

const open = () => renderApp(<RejectsTab dataset={flightsDetail} />);
const correct = (line: string) => screen.queryByRole('button', { name: `Correct line ${line}` });

async function openDialog(line: number) {
  const { user } = open();
  await user.click(await screen.findByRole('button', { name: `Correct line ${line}` }));
  return { user, dialog: await screen.findByRole('dialog', { name: `Correct line ${line}` }) };
}

/** What is sent to be loaded, which the mocked server then does. */
function replays(): FixedRow[][] {
  const sent: FixedRow[][] = [];
  server.use(
    http.post('*/api/v1/datasets/:name/loads/:id/rejects/replay', async ({ request }) => {
      sent.push(((await request.clone().json()) as { rows: FixedRow[] }).rows);
      return undefined;
    }),
  );
  return sent;
}

const answer = (with_: () => Response | Promise<Response>): void =>
  server.use(http.post('*/api/v1/datasets/:name/loads/:id/rejects/replay', with_));

/** Corrects line 812 and loads it. */
async function load(value = '') {
  const { user, dialog } = await openDialog(812);
  await user.clear(within(dialog).getByLabelText('dep_delay'));
  if (value !== '') await user.type(within(dialog).getByLabelText('dep_delay'), value);
  await user.click(within(dialog).getByRole('button', { name: 'Load this row' }));
  return { user, dialog };
}

describe('what stands in the way', () => {
  it('is not offered before it is known whether there are steps', async () => {
    const [answered, answer] = gate();
    serve([row(812)]);
    server.use(
      http.get('*/api/v1/datasets/:name/steps', async () => {
        await answered;
        return HttpResponse.json({ source: [], steps: [] });
      }),
    );
    open();
    expect(await screen.findByText('Line 812')).toBeInTheDocument();
    expect(correct('812')).not.toBeInTheDocument();
    answer();
    await waitFor(() => expect(correct('812')).toBeInTheDocument());
  });

  it('is that the steps cannot be read', async () => {
    serve([row(812)]);
    server.use(
      http.get('*/api/v1/datasets/:name/steps', () =>
        refuse(503, 'unavailable', 'Not available', 'The store does not answer'),
      ),
    );
    open();
    expect(await screen.findByText('The store does not answer')).toBeInTheDocument();
    expect(screen.getByText('Line 812')).toBeInTheDocument();
    expect(correct('812')).not.toBeInTheDocument();
  });

  it('is that rows of a later load came in their place', async () => {
    const obstacle = 'rows of a later load (version 4) have taken the place of those';
    serve([row(812), row(5, { obstacle })]);
    open();
    expect(await screen.findByText(/^Rows of a later load \(version 4\)/)).toBeInTheDocument();
    expect(correct('5')).not.toBeInTheDocument();
    expect(correct('812')).toBeInTheDocument();
    expect(screen.getByText(/Correct them here/)).toBeInTheDocument();
  });

  it('is nothing where the load replaced rows by key: what is corrected replaces too', async () => {
    serve([row(812)], [version(2, { operation: 'replacement', loads: [versionLoad()] })]);
    open();
    await waitFor(() => expect(correct('812')).toBeInTheDocument());
  });
});

describe('the dialog', () => {
  const alike = { name: /^The same dep_delay for/ };

  it('offers the same correction for others where the text says whose each value is', async () => {
    serve([row(812), row(813)]);
    const { dialog } = await openDialog(812);
    expect(within(dialog).getByRole('checkbox', alike)).toBeInTheDocument();
    expect(dialog).toHaveTextContent('taken to be in the order of the dataset');
    expect(within(dialog).queryByText(/Look at every value/)).not.toBeInTheDocument();
  });

  it.each([
    ['the columns are in another order', `late,${raw.replace(',late', '')}`],
    ['the values are not as many as the columns', raw.replace(',EWR', '')],
  ])('does not offer it when %s', async (_when, text) => {
    serve([row(812, { raw: text }), row(813)]);
    const { dialog } = await openDialog(812);
    expect(within(dialog).getByText(/Look at every value before you load it/)).toBeInTheDocument();
    expect(within(dialog).queryByRole('checkbox', alike)).not.toBeInTheDocument();
  });

  it('has each value in its column by the header of the file', async () => {
    serve([row(812, { raw: 'late;UA' })]);
    server.use(
      http.get('*/api/v1/datasets/:name/rejects', () =>
        HttpResponse.json({
          total: 1,
          items: [row(812, { raw: 'late;UA' })],
          headers: { [flightsLoadId]: { columns: ['dep_delay', 'carrier'], delimiter: ';' } },
        }),
      ),
    );
    const { dialog } = await openDialog(812);
    expect(within(dialog).getByLabelText('dep_delay')).toHaveValue('late');
    expect(within(dialog).getByLabelText('carrier')).toHaveValue('UA');
    expect(within(dialog).queryByText(/Look at every value/)).not.toBeInTheDocument();
  });

  it('asks for the columns before the first step, where there are steps', async () => {
    const source = [
      { name: 'delay', type: 'string' as const },
      { name: 'carrier', type: 'string' as const },
    ];
    const steps = {
      source,
      steps: [{ op: 'parse_number' as const, column: 'delay', into: 'dep_delay' }],
    };
    serve([row(812, { raw: '{"delay":"late","carrier":"UA"}' })], undefined, steps);
    const sent = replays();
    const { user, dialog } = await openDialog(812);
    expect(dialog).toHaveTextContent('values as they are before the first of them');
    expect(within(dialog).queryByLabelText('dep_delay')).not.toBeInTheDocument();
    expect(within(dialog).getByLabelText('carrier')).toHaveValue('UA');
    await user.clear(within(dialog).getByLabelText('delay'));
    await user.type(within(dialog).getByLabelText('delay'), '1,5');
    await user.click(within(dialog).getByRole('button', { name: 'Load this row' }));
    expect(await screen.findByText('1 row was loaded')).toBeInTheDocument();
    expect(sent).toEqual([[{ number: 812, row: { delay: '1,5', carrier: 'UA' } }]]);
  });

  it('says when a step left the row out', async () => {
    serve([row(812)]);
    answer(() => HttpResponse.json(reportOf({ rows: 0, left_out: 1 })));
    await load();
    expect(await screen.findByText('1 row was left out by a step')).toBeInTheDocument();
  });

  it('goes on with what was rejected again, as the row that it is now', async () => {
    const again = row(0, { load_id: 'new', line: 1, value: '5000', rule: 1, reason: 'too much' });
    const urls: string[] = [];
    serve([row(812), row(813)]);
    const first = reportOf({ load_id: 'new', rows: 0, rejected: 1 });
    server.use(
      http.get('*/api/v1/datasets/:name/rejects', ({ request }) =>
        new URL(request.url).searchParams.get('load_id') === 'new'
          ? HttpResponse.json({ total: 1, items: [again], headers: {} })
          : undefined,
      ),
      http.post('*/api/v1/datasets/:name/loads/:id/rejects/replay', ({ request }) => {
        urls.push(new URL(request.url).pathname.split('/loads/')[1]!);
        return HttpResponse.json(urls.length === 1 ? first : reportOf());
      }),
    );
    const { user, dialog } = await load('5000');
    expect(
      await within(dialog).findByText(
        '1 row was rejected again. Of this one: dep_delay is \u201c5000\u201d: too much.',
      ),
    ).toBeInTheDocument();
    // Those alike are rows of another load.
    expect(within(dialog).queryByRole('checkbox')).not.toBeInTheDocument();
    expect(within(dialog).getByLabelText('dep_delay')).toHaveValue('5000');
    await user.type(within(dialog).getByLabelText('dep_delay'), '{Backspace}');
    await user.click(within(dialog).getByRole('button', { name: 'Load this row' }));
    expect(await screen.findByText('1 row was loaded')).toBeInTheDocument();
    expect(urls).toEqual([`${flightsLoadId}/rejects/replay`, 'new/rejects/replay']);
  });

  it('says when others were faster, and that the row is loaded', async () => {
    let items = [row(812)];
    serve(items);
    server.use(
      http.get('*/api/v1/datasets/:name/rejects', () =>
        HttpResponse.json({ total: items.length, items, headers: {} }),
      ),
    );
    const detail = 'of the rejected rows of load l, 1 were loaded again already';
    answer(() => {
      items = [row(812, { replayed_by: 'other' })];
      return HttpResponse.json(
        { ...problem(409, 'conflict', 'Conflict', detail), errors: [{ field: 'rows', detail }] },
        { status: 409 },
      );
    });
    const { dialog } = await load();
    expect(
      await within(dialog).findByText(/^Nothing was loaded, because somebody/),
    ).toBeInTheDocument();
    expect(
      await within(dialog).findByText('Somebody has loaded this row meanwhile.'),
    ).toBeInTheDocument();
    expect(within(dialog).getByRole('button', { name: 'Load this row' })).toBeDisabled();
  });

  it('says why it was refused', async () => {
    serve([row(812)]);
    answer(() => refuse(409, 'conflict', 'Conflict', 'the contract was changed meanwhile'));
    const { dialog } = await load();
    expect(await within(dialog).findByText('The contract was changed meanwhile')).toBeVisible();
  });

  it('stays while the row is on its way', async () => {
    serve([row(812)]);
    const [answered, release] = gate();
    answer(async () => {
      await answered;
      return HttpResponse.json(reportOf());
    });
    const { user, dialog } = await load();
    expect(within(dialog).getByRole('button', { name: 'Cancel' })).toBeDisabled();
    await user.keyboard('{Escape}');
    expect(screen.getByRole('dialog')).toBeInTheDocument();
    release();
    expect(await screen.findByText('1 row was loaded')).toBeInTheDocument();
    await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
  });
});

describe('a row', () => {
  it('says the rule that it broke, and which load brought it corrected', async () => {
    mockState.contract = { rules };
    const brought = '019a0000-0000-7000-8000-000000000101';
    serve([row(812, { rule: 2 }), row(813, { replayed_by: brought })]);
    open();
    expect(
      await screen.findByText('Rule 2, now: dep_delay is from -100 to 2000'),
    ).toBeInTheDocument();
    expect(
      screen.getByRole('link', { name: 'Load that brought line 813 corrected' }),
    ).toHaveAttribute('href', `/datasets/flights?tab=loads&load=${brought}`);
    expect(correct('812')).toBeInTheDocument();
    expect(correct('813')).not.toBeInTheDocument();
  });
});

describe('a file of them', () => {
  const [first] = flightsDetail.loads;
  const others = { ...flightsDetail, loads: [first!, { ...first!, load_id: 'other' }] };

  it('is of one load, so that one is chosen where there are several', async () => {
    serve([row(812)]);
    renderApp(<RejectsTab dataset={others} />);
    expect(await screen.findByText(/^Choose a load to take/)).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: /^Download/ })).not.toBeInTheDocument();
  });

  it('is of the load that was chosen, and what is wrong with it is said', async () => {
    serve([row(812)]);
    server.use(
      http.get('*/api/v1/datasets/:name/loads/other/rejects/export', () =>
        refuse(404, 'not_found', 'Not found', 'no rejected rows are kept of load other'),
      ),
    );
    const { user } = renderApp(<RejectsTab dataset={others} />, {
      path: '/?tab=rejected&load=other',
    });
    await user.click(await screen.findByRole('button', { name: 'Download NDJSON' }));
    expect(await screen.findByText('no rejected rows are kept of load other')).toBeInTheDocument();
  });
});

describe('pages', () => {
  it('never show the rows of another page while theirs are on their way', async () => {
    const [answered, answer] = gate();
    serve([]);
    server.use(
      http.get('*/api/v1/datasets/:name/rejects', async ({ request }) => {
        const offset = Number(new URL(request.url).searchParams.get('offset'));
        if (offset > 0) await answered;
        return HttpResponse.json({ total: 101, items: [row(offset + 1)], headers: {} });
      }),
    );
    const { user } = open();
    expect(await screen.findByText('Line 1')).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Next' }));
    expect(screen.queryByText('Line 1')).not.toBeInTheDocument();
    // The first page was full with one long row: none is left out.
    expect(screen.getByText('2 to 101 of 101')).toBeInTheDocument();
    answer();
    expect(await screen.findByText('Line 2')).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Previous' }));
    expect(await screen.findByText('Line 1')).toBeInTheDocument();
  });
});
