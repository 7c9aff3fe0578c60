// Older states of the flights through the screens: what happened to them, what a dashboard said then, rows that were
// rejected and are corrected, and rows that are too old. One screen is enough; how they look is in screens.spec.ts.
import type { Page } from '@playwright/test';
import { Api, owner } from './api';
import { expect, lateFile, test } from './fixture';
import type { Seeded } from './fixture';
import { fullValue, signIn, untilReady } from './on-screen';

test.skip(
  ({ isMobile, colorScheme }) => isMobile || colorScheme === 'dark',
  'one screen is enough',
);

interface Rejected {
  load_id: string;
  number: number;
  line: number;
  replayed_by: string | null;
}

const loaded = 336_776;
const whole = (count: number): string => count.toLocaleString('en-GB');

async function open({ server }: Seeded, page: Page, path: string): Promise<void> {
  await page.goto(`${server.url}${path}`);
  await signIn(page, owner);
  await untilReady(page);
}

const rowsOf = async ({ api }: Seeded): Promise<number> =>
  (await api.json<{ rows: number }>('GET', '/datasets/flights')).rows;

test('versions say what happened, and lead back to it', async ({ page, aged, strict }) => {
  await strict(page, aged.server);
  await open(aged, page, '/datasets/flights');
  const now = await rowsOf(aged);

  await test.step('the list', async () => {
    await page.getByRole('tab', { name: 'Versions' }).click();
    const versions = page.getByRole('list', { name: 'Versions' }).getByRole('listitem');
    const first = versions.filter({ hasText: 'flights.csv.gz' });
    await expect(first).toContainText(`+${whole(loaded)}`);
    await expect(versions.filter({ hasText: lateFile.name })).toContainText(
      `${lateFile.rejected} rejected`,
    );
    await expect(versions.filter({ hasText: 'Pushed rows' }).first()).toContainText('+3');
  });

  await test.step('what changed between two', async () => {
    await page.getByRole('button', { name: 'Compare version 0 with the latest' }).click();
    await expect(page.getByTestId('difference')).toContainText(`+${whole(now - loaded)}`);
    await expect(page).toHaveURL(/tab=versions&from=0&to=\d+/);
    await page.getByRole('button', { name: 'Close' }).click();
  });

  await test.step('its rows', async () => {
    await page.getByRole('button', { name: 'Open version 0', exact: true }).click();
    await page.getByRole('link', { name: 'Its rows' }).click();
    await expect(page.getByTestId('as-of-banner')).toContainText('As of version 0');
    const rows = page.getByRole('grid', { name: 'Rows of flights as of version 0' });
    // The year of a flight is a name and no number.
    await expect(rows.getByRole('gridcell', { name: '2013', exact: true }).first()).toBeVisible();
    await page.getByRole('button', { name: 'Back to the latest rows' }).click();
    await expect(page.getByRole('grid', { name: 'Latest rows of flights' })).toBeVisible();
  });

  await test.step('a dashboard of that time', async () => {
    await page.getByRole('tab', { name: 'Versions' }).click();
    await page.getByRole('button', { name: 'Open version 0', exact: true }).click();
    await page
      .getByRole('dialog')
      .getByRole('link', { name: /Flights/ })
      .click();
    await expect(page.getByTestId('as-of-banner')).toContainText('not live');
    await expect(page).toHaveURL(/\/dashboards\/.*asOf=/);
  });
});

test('a dashboard shows an older state, and comes back to now', async ({ page, aged, strict }) => {
  await strict(page, aged.server);
  await open(aged, page, `${aged.dashboard}?time=all`);
  const before = await rowsOf(aged);
  await expect(fullValue(page, 'Flights')).toHaveAttribute('title', whole(before));
  await expect(page.getByTestId('live-mark')).toHaveAttribute('data-live', 'live');

  await page.getByRole('button', { name: 'Time travel' }).click();
  const panel = page.getByRole('dialog', { name: 'Time travel' });
  await panel.getByRole('button', { name: /Load \u00b7 flights\.csv\.gz/ }).click();
  await expect(page.getByTestId('as-of-banner')).toBeVisible();
  await expect(fullValue(page, 'Flights')).toHaveAttribute('title', whole(loaded));
  await expect(page.getByTestId('live-mark')).toHaveCount(0);
  const then = page.url();

  // What arrives now was not there then, also after a reload.
  const flight = { carrier: 'UA', origin: 'EWR', time_hour: '2013-12-31T12:00:00Z' };
  await aged.api.push('flights', [flight]);
  await page.reload();
  await untilReady(page);
  expect(page.url()).toBe(then);
  await expect(fullValue(page, 'Flights')).toHaveAttribute('title', whole(loaded));

  await page.getByRole('button', { name: 'Back to live' }).click();
  await expect(fullValue(page, 'Flights')).toHaveAttribute('title', whole(before + 1));
  await expect(page.getByTestId('as-of-banner')).toHaveCount(0);
  await expect(page.getByTestId('live-mark')).toHaveAttribute('data-live', 'live');
});

// Not strict: a browser writes into its console that a request was refused.
test('before a dataset was there, every card says so and the way back stays', async ({
  page,
  aged,
}) => {
  await open(aged, page, `${aged.dashboard}?asOf=2013-01-01T00:00:00Z`);
  await expect(page.getByRole('region', { name: 'Flights', exact: true })).toContainText(
    'before the first',
  );
  await expect(page.getByRole('button', { name: 'Back to live' })).toBeVisible();
});

test('rejected rows are corrected here and loaded once', async ({ page, aged, strict }) => {
  await strict(page, aged.server);
  await open(aged, page, '/datasets/flights?tab=loads');
  const before = await rowsOf(aged);
  const load = page
    .getByRole('list', { name: 'Loads' })
    .getByRole('listitem')
    .filter({ hasText: lateFile.name });
  await load.getByRole('button', { name: /^Details of late\.csv/ }).click();
  await expect(load).toContainText('No type had to be widened');
  await load.getByRole('link', { name: String(lateFile.rejected) }).click();

  const rejected = page.getByRole('list', { name: 'Rejected rows of flights' });
  await expect(rejected.getByRole('listitem')).toHaveCount(lateFile.rejected);
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download CSV' }).click();
  expect((await download).suggestedFilename()).toBe('flights-rejects.csv');

  await test.step('two rows with the same fault', async () => {
    await page.getByRole('button', { name: 'Correct line 2' }).click();
    const dialog = page.getByRole('dialog', { name: 'Correct line 2' });
    await expect(dialog).toContainText('dep_delay is \u201clate\u201d');
    await expect(dialog.getByLabel('tailnum')).toHaveValue('N24211');
    await expect(dialog.getByRole('button', { name: 'Load this row' })).toBeDisabled();
    await dialog.getByLabel('dep_delay', { exact: true }).fill('12');
    await dialog.getByRole('checkbox').check();
    await dialog.getByRole('button', { name: 'Load 2 rows' }).click();
    await expect(page.getByText('2 rows were loaded')).toBeVisible();
    await expect(rejected.getByText('Corrected')).toHaveCount(2);
    expect(await rowsOf(aged)).toBe(before + 2);
    const answer = await aged.api.json<{ data: number[][] }>('POST', '/sql', {
      sql: "select count(*) from flights where tailnum in ('N24211', 'N668DN') and dep_delay = 12 and time_hour >= timestamp '2013-12-31T14:00:00Z'",
    });
    expect(answer.data).toEqual([[2]]);
  });

  await test.step('a second time does nothing twice', async () => {
    const { items } = await aged.api.json<{ items: Rejected[] }>(
      'GET',
      '/datasets/flights/rejects',
    );
    const brought = items.filter(({ replayed_by: by }) => by !== null);
    expect(brought.map(({ line }) => line)).toEqual([2, 3]);
    const row = { carrier: 'UA', time_hour: '2013-12-31T14:00:00Z' };
    const again = await aged.api.json<{ replayed: boolean }>(
      'POST',
      `/datasets/flights/loads/${brought[0]?.load_id}/rejects/replay`,
      { rows: brought.map(({ number }) => ({ number, row })) },
    );
    expect(again.replayed).toBe(true);
    expect(await rowsOf(aged)).toBe(before + 2);
  });

  await test.step('the correction is a load of its own', async () => {
    await rejected.getByRole('link', { name: 'Load that brought line 2 corrected' }).click();
    await expect(page.getByRole('heading', { name: 'Corrected rows' })).toBeVisible();
    await page.getByRole('link', { name: 'All loads' }).click();
    await expect(page.getByRole('list', { name: 'Loads' })).toContainText('Corrected rows');
  });
});

test('rows that are too old go, after a question', async ({ page, freshServer, strict }) => {
  test.setTimeout(180_000);
  const api = await Api.setUp(freshServer.url, freshServer.setupCode);
  await api.loadFlights();
  await strict(page, freshServer);
  const seeded = { server: freshServer, api, dashboard: '/' };
  await open(seeded, page, '/datasets/flights?tab=retention');
  await page.getByRole('radio', { name: 'Keep rows for a number of days' }).check();
  await page.getByLabel('Keep rows for', { exact: true }).fill('30');
  await page.getByRole('button', { name: 'Save' }).click();
  const question = page.getByRole('dialog', { name: 'Delete old rows?' });
  await expect(question).toContainText(`${whole(loaded)} of ${whole(loaded)} rows`);
  await question.getByRole('button', { name: 'Save and delete' }).click();
  await expect(page.getByTestId('toast').getByText('Saved')).toBeVisible();

  // Upkeep comes a little after the commit.
  await expect.poll(() => rowsOf(seeded), { timeout: 90_000 }).toBe(0);
  await page.getByRole('button', { name: 'Refresh upkeep' }).click();
  const report = page.getByRole('list', { name: 'What upkeep did' });
  await expect(report).toContainText('Deleting old rows');
  await expect(report).toContainText(`${whole(loaded)} rows`);

  await page.goto(`${freshServer.url}/datasets/flights?tab=versions`);
  const versions = page.getByRole('list', { name: 'Versions' }).getByRole('listitem');
  await expect(versions.filter({ hasText: 'Retention' }).first()).toContainText('\u2212');
  await page.goto(`${freshServer.url}/settings`);
  await expect(page.getByRole('list', { name: 'What upkeep did' })).toContainText('flights');
});
