// The journey from a file to a dataset, and its side roads: cancel, refusal, failure.
import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { delay, http, HttpResponse } from 'msw';
import { Link, useLocation } from 'react-router';
import { describe, expect, it } from 'vitest';
import UploadPage from '@/app/pages/upload-page';
import type { NewLoad } from '@/api/types';
import { drift } from '@/testing/contract-fixtures';
import { doneLoad, flights, load, problem, upload, weather } from '@/testing/fixtures';
import { refuse } from '@/testing/handlers';
import { mockState } from '@/testing/mock-state';
import { renderApp } from '@/testing/render-app';
import { server } from '@/testing/server';
import { UploadWizard } from './upload-wizard';
import { loadRequest, nameProblem, reduce, start } from './wizard-state';
import type { ReviewChoices, WizardState } from './wizard-state';

const file = () => new File(['year,carrier\n2013,UA\n'], 'flights-2013.csv', { type: 'text/csv' });

it('adds to the dataset that the address names, and to a new one where there is none', async () => {
  const { user, unmount } = renderApp(<UploadPage />, {
    path: `/datasets/upload?to=${weather.name}`,
  });
  expect(await screen.findByText(/^Its rows are added to Hourly weather/)).toBeVisible();
  await user.upload(await screen.findByLabelText('File to upload'), file());
  expect(await screen.findByRole('button', { name: /^Add rows/ })).toBeVisible();
  expect(screen.getByRole('combobox', { name: 'Dataset' })).toHaveTextContent('Hourly weather');
  unmount();
  const other = renderApp(<UploadPage />, { path: '/datasets/upload?to=gone' });
  await other.user.upload(await screen.findByLabelText('File to upload'), file());
  expect(await screen.findByRole('button', { name: 'Create dataset' })).toBeVisible();
});

function Address() {
  const { pathname, search } = useLocation();
  return <output data-testid="address">{pathname + search}</output>;
}

describe('a load that runs', () => {
  it('stands in the address until another file is chosen', async () => {
    let ended = false;
    server.use(http.get('*/api/v1/loads/:id', () => HttpResponse.json(ended ? doneLoad : load())));
    const { user } = renderApp(
      <>
        <UploadWizard />
        <Address />
      </>,
      { path: '/datasets/upload?to=flights' },
    );
    await user.upload(screen.getByLabelText('File to upload'), file());
    await user.click(await screen.findByRole('button', { name: 'Create dataset' }));
    await screen.findByText(/^The load goes on if you leave this page/);
    const address = screen.getByTestId('address');
    // Beside the load that is asked for all the time, the address is the last to be drawn.
    await waitFor(() => expect(address).toHaveTextContent('/datasets/upload?to=flights&load=ld1'), {
      timeout: 8000,
    });
    ended = true;
    await user.click(
      await screen.findByRole('button', { name: 'Upload another' }, { timeout: 8000 }),
    );
    await waitFor(() => expect(address).toHaveTextContent(/\?to=flights$/));
    expect(screen.getByRole('button', { name: 'Choose a file' })).toBeInTheDocument();
  });

  it('is come back to, and can still be stopped', async () => {
    const { user } = renderApp(<UploadWizard />, { path: '/datasets/upload?load=ld1' });
    expect(await screen.findByText('Loading into flights_2013')).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Cancel' }));
    expect(await screen.findByText('The load was cancelled')).toBeInTheDocument();
    // Nothing of it was reviewed here.
    expect(screen.queryByRole('button', { name: 'Back to columns' })).not.toBeInTheDocument();
    expect(screen.getByRole('button', { name: 'Other file' })).toBeInTheDocument();
  });

  it('is no dead end where the server knows nothing of it any more', async () => {
    server.use(
      http.get('*/api/v1/loads/:id', () => refuse(404, 'not_found', 'No such load', 'gone')),
    );
    const { user } = renderApp(<UploadWizard />, { path: '/datasets/upload?load=ld0' });
    expect(await screen.findByRole('alert')).toHaveTextContent(/^Nothing is known of this load/);
    await user.click(screen.getByRole('button', { name: 'Choose another file' }));
    expect(screen.getByRole('button', { name: 'Choose a file' })).toBeInTheDocument();
  });
});

it('asks before a file is left that is on its way', async () => {
  server.use(http.post('*/api/v1/uploads', () => delay('infinite')));
  const { user } = renderApp(
    <>
      <UploadWizard />
      <Link to="/elsewhere">Elsewhere</Link>
      <Address />
    </>,
    { path: '/datasets/upload' },
  );
  await user.upload(screen.getByLabelText('File to upload'), file());
  await user.click(screen.getByRole('link', { name: 'Elsewhere' }));
  const question = await screen.findByRole('dialog', { name: 'Stop sending the file?' });
  expect(screen.getByTestId('address')).toHaveTextContent('/datasets/upload');
  await user.click(within(question).getByRole('button', { name: 'Leave' }));
  await waitFor(() => expect(screen.getByTestId('address')).toHaveTextContent('/elsewhere'));
});

it('takes a file that is dropped beside the field', async () => {
  renderApp(<UploadWizard />);
  const dropped = { types: ['Files'], files: [file()] };
  // Not prevented, the browser would open it in the place of the page.
  expect(fireEvent.dragOver(document.body, { dataTransfer: dropped })).toBe(false);
  expect(fireEvent.drop(document.body, { dataTransfer: dropped })).toBe(false);
  expect(await screen.findByRole('button', { name: 'Create dataset' })).toBeInTheDocument();
});

async function openReview() {
  const view = renderApp(<UploadWizard />);
  await view.user.upload(screen.getByLabelText('File to upload'), file());
  await screen.findByRole('button', { name: 'Create dataset' });
  return view;
}

describe('a file that is given up', () => {
  const answer = (respond: () => Response) => {
    const discarded: unknown[] = [];
    server.use(
      http.delete('*/api/v1/uploads/:id', ({ params }) => {
        discarded.push(params.id);
        return respond();
      }),
    );
    return discarded;
  };
  const done = () => new HttpResponse(null, { status: 204 });
  const name = `Discard ${upload.file_name}?`;

  it('is discarded by its button, after a question', async () => {
    const discarded = answer(done);
    const { user } = await openReview();
    await user.click(screen.getByRole('button', { name: 'Discard' }));
    const question = await screen.findByRole('dialog', { name });
    await user.click(within(question).getByRole('button', { name: 'Cancel' }));
    await waitFor(() => expect(question).not.toBeInTheDocument());
    expect(discarded).toEqual([]);
    await user.click(screen.getByRole('button', { name: 'Discard' }));
    await user.click(
      within(await screen.findByRole('dialog', { name })).getByRole('button', { name: 'Discard' }),
    );
    expect(await screen.findByRole('button', { name: 'Choose a file' })).toBeInTheDocument();
    expect(screen.getByTestId('toast')).toHaveTextContent(`${upload.file_name} was discarded`);
    expect(discarded).toEqual([upload.upload_id]);
  });

  it('and by nothing else, not by leaving', async () => {
    const discarded = answer(done);
    const { unmount } = await openReview();
    unmount();
    expect(discarded).toEqual([]);
  });

  it.each([
    ['whose hour is over is gone', 404, 'not_found', 'Choose a file', 'was discarded'],
    ['that is being loaded stays', 409, 'conflict', 'Create dataset', 'load ld1 is reading it'],
  ] as const)('%s, and it is said so', async (_, status, code, left, said) => {
    answer(() => refuse(status, code, 'Refused', 'load ld1 is reading it'));
    const { user } = await openReview();
    await user.click(screen.getByRole('button', { name: 'Discard' }));
    await user.click(
      within(await screen.findByRole('dialog', { name })).getByRole('button', { name: 'Discard' }),
    );
    await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
    expect(await screen.findByRole('button', { name: left })).toBeInTheDocument();
    expect(screen.getByTestId('toast')).toHaveTextContent(said);
  });
});

describe('upload wizard', () => {
  it('goes from a file to a dataset with rejected rows', async () => {
    let sent: NewLoad | null = null;
    server.use(
      http.post('*/api/v1/loads', async ({ request }) => {
        sent = (await request.json()) as NewLoad;
        return HttpResponse.json(load(), { status: 202 });
      }),
    );
    const { user } = await openReview();
    expect(screen.getByText(/dep_delay holds/)).toBeInTheDocument();
    expect(screen.getByRole('grid', { name: 'First rows of the file' })).toBeInTheDocument();
    const type = screen.getByLabelText('Type of dep_delay');
    expect(type).toHaveValue('integer');
    await user.selectOptions(type, 'float');
    await user.click(screen.getByRole('button', { name: 'Create dataset' }));

    expect(
      await screen.findByText('Flights 2013 is ready', undefined, { timeout: 8000 }),
    ).toBeInTheDocument();
    expect(sent).toMatchObject({
      upload_id: 'up1',
      dataset: 'flights_2013',
      label: 'Flights 2013',
      mode: 'create',
      types: { dep_delay: 'float' },
      time_column: 'time_hour',
    });
    const rejected = await screen.findByRole('grid', { name: 'Rejected rows of this load' });
    expect(await within(rejected).findByText('not a decimal number')).toBeInTheDocument();
    expect(screen.getByRole('link', { name: 'Explore' })).toHaveAttribute(
      'href',
      expect.stringContaining('/explore?model='),
    );
    expect(screen.getByRole('link', { name: 'Open dataset' })).toHaveAttribute(
      'href',
      '/datasets/flights_2013',
    );
    expect(screen.getByRole('button', { name: 'Generate dashboard' })).toBeEnabled();
  });

  it('reads the file again by what is said of its quotes and of missing values', async () => {
    let asked: unknown;
    let sent: NewLoad | null = null;
    const inference = {
      ...upload.inference,
      columns: [{ ...upload.inference.columns[0]!, name: 'said' }],
      preview: { columns: ['said'], rows: [['it is']] },
    };
    server.use(
      http.post('*/api/v1/uploads/:id/inference', async ({ request, params }) => {
        asked = { id: params.id, options: await request.json() };
        return HttpResponse.json({ ...upload, inference });
      }),
      http.post('*/api/v1/loads', async ({ request }) => {
        sent = (await request.json()) as NewLoad;
        return HttpResponse.json(load(), { status: 202 });
      }),
    );
    const { user } = await openReview();
    await user.selectOptions(screen.getByLabelText('Type of dep_delay'), 'float');
    const again = screen.getByRole('button', { name: 'Read again' });
    expect(again).toBeDisabled();
    await user.click(screen.getByRole('combobox', { name: 'Quotes around values' }));
    await user.click(await screen.findByRole('option', { name: 'Single quotes' }));
    await user.type(screen.getByLabelText('Comments begin with'), '#');
    await user.type(screen.getByLabelText('Read as missing'), '-999, n/a');
    await user.click(again);
    expect(await screen.findByLabelText('Type of said')).toBeInTheDocument();
    const options = { quote: "'", comment: '#', null_tokens: ['-999', 'n/a'] };
    expect(asked).toEqual({ id: 'up1', options });
    expect(again).toBeDisabled();
    await user.click(screen.getByRole('button', { name: 'Create dataset' }));
    // The types that were chosen of other columns are forgotten.
    await waitFor(() => expect(sent).toMatchObject({ options, types: {} }));
  });

  it('loads nothing by options that the rows that are shown were not read by', async () => {
    let loads = 0;
    server.use(
      http.post('*/api/v1/loads', () => {
        loads += 1;
        return HttpResponse.json(load(), { status: 202 });
      }),
      http.post('*/api/v1/uploads/:id/inference', () => HttpResponse.json(upload)),
    );
    const { user } = await openReview();
    const create = screen.getByRole('button', { name: 'Create dataset' });
    await user.type(screen.getByLabelText('Comments begin with'), '#{Enter}');
    expect(create).toBeDisabled();
    expect(screen.getByText(/Read the file again first/)).toBeInTheDocument();
    expect(loads).toBe(0);
    await user.click(screen.getByRole('button', { name: 'Read again' }));
    await waitFor(() => expect(create).toBeEnabled());
    expect(screen.queryByText(/Read the file again first/)).not.toBeInTheDocument();
  });

  it.each([
    ['ndjson', {}, 'Path to the rows', '/data/items', { json_path: '/data/items' }],
    ['xlsx', { sheet: 'Plan', sheets: ['Plan', 'Notes'] }, 'Cells', 'B2:F', { cell_range: 'B2:F' }],
  ] as const)('asks of %s what it can be read by', async (format, more, label, typed, options) => {
    let asked: unknown;
    const inference = { ...upload.inference, ...more, format, delimiter: null };
    server.use(
      http.post('*/api/v1/uploads', () =>
        HttpResponse.json({ ...upload, inference }, { status: 201 }),
      ),
      http.post('*/api/v1/uploads/:id/inference', async ({ request }) => {
        asked = await request.json();
        return HttpResponse.json({ ...upload, inference });
      }),
    );
    const { user } = await openReview();
    expect(screen.queryByLabelText('Between values')).not.toBeInTheDocument();
    await user.type(screen.getByLabelText(label), typed);
    await user.click(screen.getByRole('button', { name: 'Read again' }));
    await waitFor(() => expect(asked).toEqual(options));
  });

  it('says what cannot be meant and keeps what was found', async () => {
    server.use(
      http.post('*/api/v1/uploads/:id/inference', () =>
        refuse(400, 'invalid', 'Not valid', 'the comment is the quote too'),
      ),
    );
    const { user } = await openReview();
    await user.type(screen.getByLabelText('Comments begin with'), '"');
    await user.click(screen.getByRole('button', { name: 'Read again' }));
    expect(await screen.findByText('the comment is the quote too')).toBeInTheDocument();
    expect(screen.getByLabelText('Type of dep_delay')).toBeInTheDocument();
  });

  it('says what steps, the contract and the load before have to do with it', async () => {
    const report = { ...doneLoad.report!, left_out: 12, nulled: 3, drift: [drift()] };
    server.use(http.get('*/api/v1/loads/:id', () => HttpResponse.json({ ...doneLoad, report })));
    const { user } = await openReview();
    await user.click(screen.getByRole('button', { name: 'Create dataset' }));
    const found = await screen.findByRole('region', { name: 'Not as before' });
    expect(found).toHaveTextContent(drift().message);
    expect(within(found).getByRole('link')).toHaveAttribute(
      'href',
      `/datasets/flights_2013?tab=loads&load=${report.load_id}`,
    );
    expect(screen.getByText('Left out').nextSibling).toHaveTextContent('12');
    expect(screen.getByText('Made missing').nextSibling).toHaveTextContent('3');
  });

  it('replaces rows of a dataset that exists, by key or by days', async () => {
    let sent: unknown;
    server.use(
      http.post('*/api/v1/loads', async ({ request }) => {
        sent = await request.json();
        return HttpResponse.json(load(), { status: 202 });
      }),
    );
    const { user } = await openReview();
    const choose = async (label: string, option: string | RegExp) => {
      await user.click(screen.getByRole('combobox', { name: label }));
      await user.click(await screen.findByRole('option', { name: option }));
    };
    await choose('Rows go to', 'A dataset that exists');
    expect(screen.getByRole('button', { name: 'Add rows' })).toBeEnabled();
    await choose('Rows that are there', 'Replace those of some days');
    expect(screen.getByRole('button', { name: 'Replace rows' })).toBeDisabled();
    await user.type(screen.getByLabelText('From'), '2013-02-01');
    await user.type(screen.getByLabelText('Up to, without'), '2013-02-01');
    expect(screen.getByText('The second day must come after the first')).toBeInTheDocument();
    await choose('Rows that are there', 'Replace those with the same key');
    expect(screen.getByText('Choose at least one column')).toBeInTheDocument();
    await choose('Key', 'dep_delay');
    await user.keyboard('{Escape}');
    await user.click(screen.getByRole('button', { name: 'Replace rows' }));
    await waitFor(() => expect(sent).toMatchObject({ mode: 'upsert', key: ['dep_delay'] }));
    expect(sent).not.toHaveProperty('from');
  });

  describe('asks before rows go that nobody named', () => {
    const sent: unknown[] = [];
    const openExisting = async () => {
      sent.length = 0;
      server.use(
        http.post('*/api/v1/loads', async ({ request }) => {
          sent.push(await request.json());
          return HttpResponse.json(load(), { status: 202 });
        }),
      );
      const { user } = await openReview();
      const choose = async (label: string, option: string | RegExp) => {
        await user.click(screen.getByRole('combobox', { name: label }));
        await user.click(await screen.findByRole('option', { name: option }));
      };
      await choose('Rows go to', 'A dataset that exists');
      return { user, choose };
    };

    it('all of them', async () => {
      const { user, choose } = await openExisting();
      await choose('Rows that are there', 'Replace all of them');
      await user.click(screen.getByRole('button', { name: 'Replace all rows' }));
      const name = `Replace all rows of ${flights.label}?`;
      const question = await screen.findByRole('dialog', { name });
      expect(question).toHaveTextContent('All 336,776 rows of the dataset flights go.');
      expect(question).toHaveTextContent('Those of flights-2013.csv take their place');
      await user.click(within(question).getByRole('button', { name: 'Cancel' }));
      await waitFor(() => expect(question).not.toBeInTheDocument());
      expect(sent).toEqual([]);
      await user.click(screen.getByRole('button', { name: 'Replace all rows' }));
      await user.click(
        within(await screen.findByRole('dialog', { name })).getByRole('button', {
          name: 'Replace all rows',
        }),
      );
      await waitFor(() => expect(sent).toHaveLength(1));
      expect(sent[0]).toMatchObject({
        upload_id: 'up1',
        dataset: 'flights',
        label: flights.label,
        mode: 'replace',
      });
      for (const field of ['key', 'from', 'to']) expect(sent[0]).not.toHaveProperty(field);
    });

    it('those of some days', async () => {
      const { user, choose } = await openExisting();
      await choose('Rows that are there', 'Replace those of some days');
      await user.type(screen.getByLabelText('From'), '2013-02-01');
      await user.type(screen.getByLabelText('Up to, without'), '2013-03-01');
      await user.click(screen.getByRole('button', { name: 'Replace rows' }));
      const question = await screen.findByRole('dialog', {
        name: `Replace some days of ${flights.label}?`,
      });
      expect(question).toHaveTextContent(
        'All rows of the dataset flights go whose time_hour lies from 1 Feb 2013 on and before 1 Mar 2013 (UTC).',
      );
      expect(sent).toEqual([]);
      await user.click(within(question).getByRole('button', { name: 'Replace these days' }));
      await waitFor(() => expect(sent).toHaveLength(1));
      expect(sent[0]).toMatchObject({
        dataset: 'flights',
        mode: 'replace_range',
        from: '2013-02-01T00:00:00Z',
        to: '2013-03-01T00:00:00Z',
      });
      expect(sent[0]).not.toHaveProperty('key');
    });

    it('and not of another dataset than was meant', async () => {
      const { choose } = await openExisting();
      await choose('Rows that are there', 'Replace all of them');
      expect(screen.getByRole('button', { name: 'Replace all rows' })).toBeInTheDocument();
      await choose('Dataset', weather.label);
      expect(screen.getByRole('button', { name: 'Add rows' })).toBeEnabled();
      expect(screen.getByRole('combobox', { name: 'Rows that are there' })).toHaveTextContent(
        'Keep them and add these',
      );
    });
  });

  it('cancels a load and goes back to the columns', async () => {
    const { user } = await openReview();
    await user.click(screen.getByRole('button', { name: 'Create dataset' }));
    await user.click(await screen.findByRole('button', { name: 'Cancel' }));
    expect(await screen.findByText('The load was cancelled')).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Back to columns' }));
    expect(await screen.findByLabelText('Type of dep_delay')).toBeInTheDocument();
  });

  it('says why a file was refused and lets another be chosen', async () => {
    server.use(
      http.post('*/api/v1/uploads', () =>
        refuse(
          400,
          'invalid',
          'No columns found',
          'line 1: the file begins with bytes that are not text',
        ),
      ),
    );
    const { user } = renderApp(<UploadWizard />);
    await user.upload(screen.getByLabelText('File to upload'), file());
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'the file begins with bytes that are not text',
    );
    expect(screen.getByRole('button', { name: 'Choose a file' })).toBeInTheDocument();
  });

  it('refuses an empty file without asking the server', async () => {
    const { user } = renderApp(<UploadWizard />);
    await user.upload(screen.getByLabelText('File to upload'), new File([], 'empty.csv'));
    expect(await screen.findByRole('alert')).toHaveTextContent('This file is empty');
    expect(mockState.uploads).toBe(0);
  });

  it('does not create a dataset whose name is taken by the server', async () => {
    server.use(
      http.post('*/api/v1/loads', () =>
        refuse(409, 'conflict', 'Dataset exists', 'flights_2013 exists already'),
      ),
    );
    const { user } = await openReview();
    await user.click(screen.getByRole('button', { name: 'Create dataset' }));
    expect(await screen.findByText('flights_2013 exists already')).toBeInTheDocument();
    expect(screen.getByLabelText('Name')).toHaveValue('flights_2013');
  });

  it('shows why a load failed', async () => {
    server.use(
      http.get('*/api/v1/loads/:id', () =>
        HttpResponse.json(
          load({
            state: 'failed',
            problem: problem(
              400,
              'invalid',
              'Too many rejected rows',
              'line 7: 12 of 20 rows do not fit',
            ),
          }),
        ),
      ),
    );
    const { user } = await openReview();
    await user.click(screen.getByRole('button', { name: 'Create dataset' }));
    await waitFor(() =>
      expect(screen.getByRole('alert')).toHaveTextContent('12 of 20 rows do not fit'),
    );
    expect(screen.getByText('The load failed')).toBeInTheDocument();
    expect(screen.getByText('Nothing was stored.')).toBeInTheDocument();
    // Neither that step nor the last is done.
    const steps = within(screen.getByRole('list', { name: 'Steps' })).getAllByRole('listitem');
    expect(steps.find((step) => step.hasAttribute('aria-current'))).toHaveTextContent('Load');
  });
});

describe('wizard state', () => {
  const review = reduce(start, { type: 'sent', upload });

  it('chooses the first instant as time column, and none when its type changes', () => {
    if (review.step !== 'review') throw new Error('not in review');
    expect(review.choices.timeColumn).toBe('time_hour');
    const changed = reduce(review, {
      type: 'choicesChanged',
      change: { types: { time_hour: 'string' } },
    });
    expect(changed).toMatchObject({ choices: { timeColumn: null } });
  });

  it('sends only types that differ from what was found', () => {
    if (review.step !== 'review') throw new Error('not in review');
    const choices = {
      ...review.choices,
      types: { year: 'integer' as const, flight: 'string' as const },
    };
    expect(loadRequest(upload, choices).types).toEqual({ flight: 'string' });
  });

  it('keeps what is there when another dataset is chosen, and what was typed otherwise', () => {
    const change = (state: WizardState, choices: Partial<ReviewChoices>) =>
      reduce(state, { type: 'choicesChanged', change: choices });
    const range = { mode: 'replace_range', from: '2013-02-01', to: '2013-03-01' } as const;
    const first = change(change(review, { mode: 'append', dataset: 'flights' }), range);
    expect(first).toMatchObject({ choices: range });
    expect(change(first, { dataset: 'flights', label: 'F' })).toMatchObject({ choices: range });
    expect(change(first, { dataset: 'weather' })).toMatchObject({
      choices: { mode: 'append', key: [], from: '', to: '' },
    });
    // Another name for a new dataset is no other dataset.
    expect(change(review, { dataset: 'other' })).toMatchObject({ choices: { mode: 'create' } });
  });

  it('ignores events of another step and of another file', () => {
    expect(reduce(start, { type: 'loadEnded', load: load() })).toBe(start);
    const other = { ...upload, upload_id: 'up0' };
    expect(reduce(review, { type: 'reread', upload: other, options: {} })).toBe(review);
  });

  it.each([
    ['flights_2013', null],
    ['', 'Enter a name'],
    ['2013', 'Begin with a lower-case letter'],
    ['flights-2013', 'Use lower-case letters, digits and _'],
    ['a'.repeat(64), 'Use at most 63 characters'],
  ])('name %s: %s', (name, message) => {
    expect(nameProblem(name)).toBe(message);
  });
});
