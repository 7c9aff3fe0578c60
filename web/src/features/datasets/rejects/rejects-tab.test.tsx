// Rejected rows on the page of a dataset: which of them can be corrected here, and what is in the way of the others.
import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { describe, expect, it } from 'vitest';
import type { DatasetVersion, RejectedRow, Step } from '@/api/types';
import { flightsDetail, flightsLoadId } from '@/testing/fixtures';
import { refuse } from '@/testing/handlers';
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
  ...change,
});

function serve(items: RejectedRow[], versions?: DatasetVersion[], steps: Step[] = []): void {
  server.use(
    http.get('*/api/v1/datasets/:name/rejects', () =>
      HttpResponse.json({ total: items.length, items }),
    ),
    http.get('*/api/v1/datasets/:name/steps', () => HttpResponse.json({ source: [], steps })),
  );
  if (versions) {
    server.use(
      http.get('*/api/v1/datasets/:name/versions', () =>
        HttpResponse.json({ ...versionPage, items: versions }),
      ),
    );
  }
}

/** What an answer waits for, and what lets it come. */
function gate(): [Promise<void>, () => void] {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return [opened, open];
}

const open = () => renderApp(<RejectsTab dataset={flightsDetail} />);
const correct = (line: string) => screen.queryByRole('button', { name: `Correct line ${line}` });

async function openDialog(line: number) {
  const { user } = open();
  await user.click(await screen.findByRole('button', { name: `Correct line ${line}` }));
  return { user, dialog: await screen.findByRole('dialog', { name: `Correct line ${line}` }) };
}

describe('what stands in the way', () => {
  it('is steps, for all rows of the dataset', async () => {
    serve([row(812)], undefined, [{ op: 'trim' }]);
    open();
    expect(await screen.findByText(/^This dataset has steps/)).toBeInTheDocument();
    expect(screen.getByText('Line 812')).toBeInTheDocument();
    expect(correct('812')).not.toBeInTheDocument();
    expect(screen.queryByText(/Correct them here/)).not.toBeInTheDocument();
  });

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

  it('is that the load replaced others: what is corrected would be added', async () => {
    const other = '019a0000-0000-7000-8000-000000000009';
    serve(
      [row(812), row(5, { load_id: other })],
      [
        version(2, { operation: 'replacement', loads: [versionLoad({ load_id: other })] }),
        version(1, { loads: [versionLoad()] }),
      ],
    );
    open();
    expect(await screen.findByText(/^Rows of a load that replaced others/)).toBeInTheDocument();
    expect(correct('5')).not.toBeInTheDocument();
    expect(correct('812')).toBeInTheDocument();
    expect(screen.getByText(/Correct them here/)).toBeInTheDocument();
  });

  it('is that nobody knows what the load did, until older versions are listed', async () => {
    serve([row(812)]);
    server.use(
      http.get('*/api/v1/datasets/:name/versions', ({ request }) => {
        const before = new URL(request.url).searchParams.get('before');
        return HttpResponse.json(
          before === null
            ? { ...versionPage, items: [version(4)], next: 4 }
            : { ...versionPage, items: [version(3, { loads: [versionLoad()] })], next: null },
        );
      }),
    );
    const { user } = open();
    expect(await screen.findByText(/not among the versions listed here/)).toBeInTheDocument();
    expect(correct('812')).not.toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'List older versions' }));
    await waitFor(() => expect(correct('812')).toBeInTheDocument());
    expect(screen.queryByText(/not among the versions listed here/)).not.toBeInTheDocument();
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

  it('says when a step left the row out', async () => {
    serve([row(812)]);
    server.use(
      http.post('*/api/v1/datasets/:name/rows', () =>
        HttpResponse.json({
          load_id: 'l',
          version: 6,
          rows: 0,
          rejected: 0,
          replaced: 0,
          left_out: 1,
          replayed: false,
        }),
      ),
    );
    const { user, dialog } = await openDialog(812);
    await user.clear(within(dialog).getByLabelText('dep_delay'));
    await user.click(within(dialog).getByRole('button', { name: 'Load this row' }));
    expect(
      await within(dialog).findByText(/^A step of the dataset left the row out/),
    ).toBeInTheDocument();
  });

  it('stays while the row is on its way', async () => {
    serve([row(812)]);
    const [answered, answer] = gate();
    server.use(
      http.post('*/api/v1/datasets/:name/rows', async () => {
        await answered;
        return undefined;
      }),
    );
    const { user, dialog } = await openDialog(812);
    await user.clear(within(dialog).getByLabelText('dep_delay'));
    await user.click(within(dialog).getByRole('button', { name: 'Load this row' }));
    expect(within(dialog).getByRole('button', { name: 'Cancel' })).toBeDisabled();
    await user.keyboard('{Escape}');
    expect(screen.getByRole('dialog')).toBeInTheDocument();
    answer();
    expect(await screen.findByText('1 row was loaded')).toBeInTheDocument();
    await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
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
        return HttpResponse.json({ total: 101, items: [row(offset + 1)] });
      }),
    );
    const { user } = open();
    expect(await screen.findByText('Line 1')).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Next' }));
    expect(screen.queryByText('Line 1')).not.toBeInTheDocument();
    expect(screen.getByText('101 to 101 of 101')).toBeInTheDocument();
    answer();
    expect(await screen.findByText('Line 101')).toBeInTheDocument();
  });
});
