// The panel as somebody uses it: what a number is made of, for all numbers or one group, and computing it again.
import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { SemanticQuery, Verification } from '@/api/types';
import { answer } from '@/testing/fake-engine';
import { problem } from '@/testing/fixtures';
import { renderApp } from '@/testing/render-app';
import { server } from '@/testing/server';
import { lineage, verified } from '@/testing/trust-fixtures';
import { traced } from '@/testing/trust-handlers';
import { ProvenanceDialog } from './provenance-dialog';

const query: SemanticQuery = { measures: ['flights.count'], dimensions: ['flights.carrier'] };
const result = answer(query);

const open = (number?: Parameters<typeof ProvenanceDialog>[0]['number']) =>
  renderApp(
    <ProvenanceDialog
      provenance={result.provenance}
      columns={result.columns}
      data={result.data}
      query={query}
      confirmedAt={Date.now()}
      requestId={null}
      onClose={() => undefined}
      {...(number ? { number } : {})}
    />,
  );
const verdict = (change: Partial<Verification>) =>
  server.use(
    http.post('*/api/v1/queries/verify', () => HttpResponse.json({ ...verified, ...change })),
  );
const press = (user: ReturnType<typeof open>['user']) =>
  user.click(screen.getByRole('button', { name: 'Compute again from rows' }));

/** By who does not look: the page itself, and with it its region, is hidden while a dialog is open. */
const heard = (words: string) =>
  waitFor(() =>
    expect(within(screen.getByRole('dialog')).getByRole('status')).toHaveTextContent(words),
  );

beforeEach(() => {
  traced.length = 0;
});

describe('what a number is made of', () => {
  it('is its definition, down to inputs, what is counted, and the loads of the rows', async () => {
    const { user } = open();
    const dialog = screen.getByRole('dialog');
    expect(await within(dialog).findByText('Early flights divided by Flights')).toBeVisible();
    await user.click(within(dialog).getByRole('button', { name: /2 other measures/ }));
    expect(dialog).toHaveTextContent('Only where Month is at most 6');
    expect(within(dialog).getByRole('link', { name: 'model Flights' })).toHaveAttribute(
      'href',
      '/models/flights',
    );
    expect(dialog).toHaveTextContent('Origin is EWR or JFK or LGA');
    expect(dialog).toHaveTextContent('2 of 14 segments may hold rows');
    expect(within(dialog).getByRole('link', { name: 'flights.csv.gz' })).toHaveAttribute(
      'href',
      expect.stringContaining('tab=loads&load='),
    );
    expect(dialog).toHaveTextContent('By compaction');
  });

  it('is asked for one group as well', async () => {
    const { user } = open();
    await screen.findByText('Early flights divided by Flights');
    await user.click(screen.getByRole('combobox', { name: 'Which number' }));
    await user.click(await screen.findByRole('option', { name: 'Carrier UA' }));
    await screen.findByText('Early flights divided by Flights');
    expect(traced.at(-1)?.filters).toEqual([
      { member: 'flights.carrier', operator: 'equals', values: ['UA'] },
    ]);
  });

  it('tells policies, and neither loads nor segments, to who sees a part', async () => {
    const [first] = lineage.datasets;
    const part = { ...first, restricted: true, policies: ['own_airport'], commits: [] };
    server.use(
      http.post('*/api/v1/queries/lineage', () =>
        HttpResponse.json({ ...lineage, datasets: [part] }),
      ),
    );
    open();
    expect(await screen.findByText(/access policy own_airport/)).toBeVisible();
    expect(screen.queryByText(/segments may hold/)).toBeNull();
  });
});

describe('computing it again', () => {
  it('says that it is the same, how many rows were read, and of which version', async () => {
    const { user } = open();
    await press(user);
    expect(await screen.findByText('The same to the last digit')).toBeVisible();
    expect(screen.getByText('336,776 rows read, flights, version 3')).toBeVisible();
    await heard('The same to the last digit');
  });

  it('lists differences', async () => {
    verdict({
      equal: false,
      difference_count: 21,
      differences: [
        {
          kind: 'value',
          row: { 'flights.carrier': 'UA' },
          column: 'flights.count',
          answered: 12,
          recomputed: 13,
        },
      ],
    });
    const { user } = open();
    await press(user);
    const table = await screen.findByRole('table', { name: 'Differences' });
    expect(within(table).getByRole('row', { name: 'Carrier UA: Flights 12 13' })).toBeVisible();
    expect(screen.getByText('and 20 others')).toBeVisible();
    expect(screen.getByRole('alert')).toContainElement(table);
  });

  it('says of its details only that they were copied when they were', async () => {
    verdict({ equal: false, difference_count: 0, differences: [] });
    const { user } = open();
    await press(user);
    const button = await screen.findByRole('button', { name: 'Copy details' });
    const write = vi.spyOn(navigator.clipboard, 'writeText').mockRejectedValue(new Error('no'));
    await user.click(button);
    await heard('This page cannot copy');
    expect(button).toHaveTextContent('Copy details');
    write.mockRestore();
    await user.click(button);
    await heard('Details copied');
    expect(button).toHaveTextContent('Copied');
  });

  it('can be cancelled', async () => {
    let aborted = false;
    server.use(
      http.post('*/api/v1/queries/verify', async ({ request }) => {
        await new Promise((resolve) => request.signal.addEventListener('abort', resolve));
        aborted = true;
        return HttpResponse.json(verified);
      }),
    );
    const { user } = open();
    await press(user);
    await user.click(await screen.findByRole('button', { name: 'Cancel' }));
    await heard('Cancelled; nothing was compared.');
    await expect.poll(() => aborted).toBe(true);
  });

  it('says what to do where it is refused', async () => {
    server.use(
      http.post('*/api/v1/queries/verify', () =>
        HttpResponse.json(problem(429, 'exhausted', 'Too much', 'it took longer than 30 s'), {
          status: 429,
        }),
      ),
    );
    const { user } = open();
    await press(user);
    expect(await screen.findByText('it took longer than 30 s')).toBeVisible();
    expect(screen.getByText(/a shorter range of time/)).toBeVisible();
  });
});
