// Loads on the page of a dataset: what is not as before, and what the rows of one of them look like.
import { screen, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { describe, expect, it } from 'vitest';
import type { DatasetDetail, DatasetLoad, LoadProfile } from '@/api/types';
import { drift, loadProfile } from '@/testing/contract-fixtures';
import { flightsDetail, flightsLoadId } from '@/testing/fixtures';
import { refuse } from '@/testing/handlers';
import { renderApp } from '@/testing/render-app';
import { server } from '@/testing/server';
import LoadsTab from './loads-tab';

const dataset = (change: Partial<DatasetLoad>): DatasetDetail => ({
  ...flightsDetail,
  loads: [{ ...flightsDetail.loads[0]!, ...change }],
});

const list = (change: Partial<DatasetLoad>) =>
  renderApp(<LoadsTab dataset={dataset(change)} formats={new Map()} />, {
    path: '/datasets/flights?tab=loads',
  });

const open = (change: Partial<DatasetLoad> = {}) =>
  renderApp(<LoadsTab dataset={dataset(change)} formats={new Map()} />, {
    path: `/datasets/flights?tab=loads&load=${flightsLoadId}`,
  });

const serve = (change: Partial<LoadProfile>): void =>
  server.use(
    http.get('*/api/v1/datasets/:name/loads/:id/profile', () =>
      HttpResponse.json({ ...loadProfile, ...change }),
    ),
  );

describe('the list', () => {
  it('says what is not as before, warnings first, and leads to the profile', async () => {
    list({
      nulled: 12,
      drift: [
        drift({ column: null, kind: 'rows', severity: 'notice', before: 9, now: 20 }),
        drift(),
        drift({ column: 'dest', kind: 'distribution', severity: 'notice' }),
        drift({ column: 'origin', kind: 'new_category', severity: 'notice' }),
      ],
    });
    const link = await screen.findByRole('link', {
      name: 'Profile of flights.csv.gz, version 0',
    });
    expect(link).toHaveAttribute('href', `/datasets/flights?tab=loads&load=${flightsLoadId}`);
    expect(link.closest('li')).toHaveTextContent(
      /ProfileWarning: dep_delay: more missingMore rowsdest: distributed otherwiseand 1 other12 values made missing by the contract/,
    );
  });

  it('says which load brings rejected rows again, and that others have no profile', async () => {
    list({ profiled: false, replays: 'first' });
    const link = await screen.findByRole('link', { name: 'Corrects rejected rows' });
    expect(link).toHaveAttribute('href', '/datasets/flights?tab=rejected&load=first');
    expect(screen.queryByRole('link', { name: /^Profile/ })).not.toBeInTheDocument();
  });
});

describe('a load by itself', () => {
  it('says what its columns look like, and what is not as before beside them', async () => {
    open({ nulled: 3 });
    expect(await screen.findByRole('heading', { name: 'flights.csv.gz' })).toBeInTheDocument();
    expect(screen.getByRole('link', { name: '2 rejected rows' })).toHaveAttribute(
      'href',
      `/datasets/flights?tab=rejected&load=${flightsLoadId}`,
    );
    expect(screen.getByText('3 values made missing by the contract')).toBeInTheDocument();
    const found = await screen.findByRole('list', { name: 'What is not as before' });
    expect(found).toHaveTextContent('31.0 % of the values are missing, before it were 2.0 %');
    expect(screen.getByRole('link', { name: 'the profiled load before' })).toHaveAttribute(
      'href',
      `/datasets/flights?tab=loads&load=${loadProfile.compared_with}`,
    );
    expect(screen.getByText(/everything else of a sample of 42,097\.$/)).toBeInTheDocument();
    const columns = within(screen.getByRole('list', { name: 'Profile of the load' }));
    const card = (name: string) =>
      columns.getByRole('heading', { name }).closest('li') as HTMLElement;
    expect(card('dep_delay')).toHaveTextContent(
      /Missing8,255 \(2\.5.?%\)Distinct16 of 42,097Smallest\u221243Largest1,301Mean12\.64Warning: More missing/,
    );
    expect(
      within(card('dep_delay')).getByRole('img', {
        name: 'Histogram of dep_delay: \u221243 to 1,301, most values from \u221243 to 0',
      }),
    ).toBeInTheDocument();
    expect(card('carrier')).toHaveTextContent('Characters2 to 3, mean 2.5Most frequentUA7,000');
    expect(within(card('carrier')).queryByRole('img')).not.toBeInTheDocument();
  });

  it('shows the first of many findings, and all when asked', async () => {
    serve({ drift: Array.from({ length: 9 }, () => drift()) });
    const { user } = open();
    const found = await screen.findByRole('list', { name: 'What is not as before' });
    expect(within(found).getAllByRole('listitem')).toHaveLength(6);
    await user.click(screen.getByRole('button', { name: 'Show all 9', expanded: false }));
    expect(within(found).getAllByRole('listitem')).toHaveLength(9);
  });

  it('says that it is the first, or that nothing changed', async () => {
    serve({ compared_with: null, drift: [] });
    const first = open();
    expect(await screen.findByText(/^The first load with a profile/)).toBeInTheDocument();
    first.unmount();
    serve({ drift: [] });
    open();
    expect(await screen.findByText('Nothing beyond what chance explains.')).toBeInTheDocument();
  });

  it('says that it has no profile, without asking where that is known', async () => {
    let asked = 0;
    server.use(
      http.get('*/api/v1/datasets/:name/loads/:id/profile', () => {
        asked += 1;
        return refuse(404, 'not_found', 'Not found', 'there is no profile of load x');
      }),
    );
    const small = open({ profiled: false });
    expect(await screen.findByText('No profile of this load')).toBeInTheDocument();
    expect(asked).toBe(0);
    small.unmount();
    open({ load_id: 'another' });
    expect(await screen.findByText('No profile of this load')).toBeInTheDocument();
    expect(asked).toBe(1);
  });

  it('says why its profile cannot be read, and asks again', async () => {
    server.use(
      http.get(
        '*/api/v1/datasets/:name/loads/:id/profile',
        () => refuse(403, 'denied', 'Not allowed', 'profiles are of all rows'),
        { once: true },
      ),
    );
    const denied = open();
    expect(await screen.findByText('profiles are of all rows')).toBeInTheDocument();
    denied.unmount();
    server.use(
      http.get(
        '*/api/v1/datasets/:name/loads/:id/profile',
        () => refuse(500, 'corrupt', 'Damaged', 'the profile cannot be read'),
        { once: true },
      ),
    );
    const { user } = open();
    await user.click(await screen.findByRole('button', { name: 'Try again' }));
    expect(await screen.findByRole('list', { name: 'Profile of the load' })).toBeInTheDocument();
  });

  it('is shown by its number where it is older than what is listed', async () => {
    renderApp(<LoadsTab dataset={flightsDetail} formats={new Map()} />, {
      path: '/?tab=loads&load=older',
    });
    expect(await screen.findByRole('heading', { name: 'Load older' })).toBeInTheDocument();
    expect(screen.getByRole('link', { name: 'All loads' })).toHaveAttribute(
      'href',
      '/datasets/flights?tab=loads',
    );
  });
});
