// What numbers are trusted by: each card says where its number comes from, computes it again from rows, and counts what SQL
// counts under a filter that is ticked; what would read too much is refused with what to ask instead; who sees rows by what
// they are joined to sees these everywhere.
import type { Browser, Page } from '@playwright/test';
import { Api, owner } from './api';
import { expect, test } from './fixture';
import type { RunningServer } from './running-server';
import {
  accessibilityProblems,
  card,
  drawEverything,
  fullValue,
  hasSidewaysScroll,
  signIn,
  untilReady,
} from './on-screen';

interface Answer {
  data: (string | number | null)[][];
}

interface StoredModel {
  version: number;
  joins?: object[];
}

const json = { 'content-type': 'application/json' };
const whole = (count: number): string => count.toLocaleString('en-GB');
const digits = (text: string | null): number => Number((text ?? '').replaceAll(',', ''));
const same = 'The same to the last digit';

async function count(api: Api, where = ''): Promise<number> {
  const sql = `select count(*) from flights ${where}`;
  return Number((await api.json<Answer>('POST', '/sql', { sql })).data[0]?.[0]);
}

async function arrive(page: Page, { url }: RunningServer, who: typeof owner, path: string) {
  await page.goto(`${url}/sign-in?next=${encodeURIComponent(path)}`);
  await signIn(page, who);
  await page.waitForURL((address) => !address.pathname.startsWith('/sign-in'));
  await untilReady(page);
}

async function whereFrom(page: Page, title: string) {
  await card(page, title).scrollIntoViewIfNeeded();
  await page.getByRole('button', { name: `Menu of ${title}`, exact: true }).click();
  await page.getByRole('menuitem', { name: 'Where does this come from?' }).click();
  return page.getByRole('dialog', { name: /^Where does this number come from/ });
}

test('every card says where its number comes from, and what is asked is computed again', async ({
  page,
  freshServer: server,
}, info) => {
  test.setTimeout(180_000);
  const api = await Api.setUp(server.url, server.setupCode);
  await api.loadFlights();
  const dashboard = `/dashboards/${await api.generateDashboard()}`;
  await arrive(page, server, owner, `${dashboard}?time=all`);
  await drawEverything(page);

  await test.step('cards of every kind have the panel', async () => {
    const cards = await page.locator('[data-widget-id]').all();
    expect(cards.length).toBeGreaterThan(8);
    for (const region of cards) {
      const title = (await region.getAttribute('aria-label')) ?? '';
      const about = await whereFrom(page, title);
      await expect(about, title).toContainText(/flights, version \d/);
      await page.keyboard.press('Escape');
      await expect(about).toHaveCount(0);
    }
  });

  await test.step('a number is what its rows say', async () => {
    const about = await whereFrom(page, 'Flights');
    await about.getByRole('button', { name: 'Compute again from rows' }).click();
    await expect(about.getByText(same)).toBeVisible();
    await page.screenshot({ path: info.outputPath('verified.png') });
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.keyboard.press('Escape');
  });

  await test.step('a filter that is ticked counts what SQL counts', async () => {
    await page.getByRole('button', { name: 'Add filter' }).click();
    await page.getByRole('combobox', { name: 'Dimension' }).click();
    await page.getByRole('option', { name: 'Carrier', exact: true }).click();
    await page.getByRole('textbox', { name: 'Search values' }).fill('B');
    await page.getByRole('checkbox', { name: /^B6/ }).check();
    await page.screenshot({ path: info.outputPath('ticked.png') });
    await page.getByRole('button', { name: 'Apply filter' }).click();
    await expect(fullValue(page, 'Flights')).toHaveAttribute(
      'title',
      whole(await count(api, "where carrier = 'B6'")),
    );
    await expect(page).toHaveURL(/carrier/);
  });

  await test.step('explore says what a question would read, and computes it again', async () => {
    await page.goto(`${server.url}/explore?m=count&d=carrier&time=all`);
    await untilReady(page);
    await page.getByRole('button', { name: 'What would this read?' }).click();
    const reading = page.getByRole('dialog', { name: /^What would this read/ });
    await expect(reading).toContainText(/answers kept/);
    await page.screenshot({ path: info.outputPath('would-read.png') });
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: /^Where does this come from/ }).click();
    const about = page.getByRole('dialog');
    await about.getByRole('button', { name: 'Compute again from rows' }).click();
    await expect(about.getByText(same)).toBeVisible();
    await page.keyboard.press('Escape');
  });

  await test.step('a statement is explained, computed again, and told what it leaves open', async () => {
    const open = async (sql: string) => {
      await page.goto(`${server.url}/sql?q=${encodeURIComponent(sql)}`);
      await untilReady(page);
    };
    await open('select carrier, count(*) as n from flights group by 1 order by 1');
    await page.getByRole('button', { name: 'Explain', exact: true }).click();
    await expect(page.getByRole('region', { name: 'Explanation' })).toContainText(/answers kept/);
    await page.screenshot({ path: info.outputPath('explained.png') });
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    const again = async () => {
      await page.getByRole('button', { name: 'Where does this come from?' }).click();
      const about = page.getByRole('dialog');
      await about.getByRole('button', { name: 'Compute again from rows' }).click();
      return about;
    };
    await expect((await again()).getByText(same)).toBeVisible();
    await page.keyboard.press('Escape');
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download CSV' }).click(),
    ]);
    expect(file.suggestedFilename()).toBe('statement.csv');

    await open('select carrier from flights limit 3');
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    // Any three of the rows would do, so that no other three are wrong.
    await expect((await again()).getByText(/Change the statement/)).toBeVisible();
    await page.screenshot({ path: info.outputPath('undetermined.png') });
    expect(await accessibilityProblems(page)).toEqual([]);
  });

  await test.step('what would read too much is refused with what to ask instead', async () => {
    const put = (budget: object) => api.send('PUT', '/tenant', JSON.stringify({ budget }), json);
    expect((await put({ rows: 1_000 })).status).toBe(200);
    await page.goto(`${server.url}/explore?m=max_air_time&d=dest&time=all`);
    const answer = page.getByRole('region', { name: 'Answer' });
    await expect(answer).toContainText(/its budget is 1,?000 rows/);
    await expect(answer).toContainText('Instead');
    await page.screenshot({ path: info.outputPath('over-budget.png') });
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(await hasSidewaysScroll(page)).toBe(false);
    expect((await put({})).status).toBe(200);
  });
});

const ann = {
  organisation: owner.organisation,
  name: 'Ann Airline',
  email: 'ann@acme.example',
  password: 'a quiet and late evening',
};
const airlines = [
  'carrier,alliance',
  'UA,Star',
  'US,Star',
  'DL,SkyTeam',
  'AA,Oneworld',
  'B6,',
  '',
].join('\n');

/** A browser of their own, in which somebody signs in. */
async function pageOf(browser: Browser): Promise<Page> {
  return (await browser.newContext()).newPage();
}

test('who sees rows by what they are joined to sees these everywhere', async ({
  page,
  browser,
  freshServer: server,
  strict,
}, info) => {
  test.setTimeout(240_000);
  const api = await Api.setUp(server.url, server.setupCode);
  await api.loadFlights();
  await api.load(new Blob([airlines]), 'airlines.csv', { dataset: 'airlines', mode: 'create' });
  const dashboard = `/dashboards/${await api.generateDashboard()}`;
  const own = await count(api, "where carrier in ('UA', 'US')");
  const { name, email, password } = ann;
  await api.json('POST', '/users', {
    name,
    email,
    password,
    role: 'viewer',
    attributes: { alliance: ['Star'] },
  });
  const model = await api.json<StoredModel>('GET', '/models/flights');
  const joins = [{ name: 'airlines', on: [{ column: 'carrier', other: 'carrier' }] }];
  const body = JSON.stringify({ ...model, joins });
  const saved = await api.send('PUT', '/models/flights', body, {
    ...json,
    'if-match': `"${model.version}"`,
  });
  expect(saved.status, await saved.text()).toBe(200);
  await strict(page, server);
  await arrive(page, server, owner, '/models/flights');

  await test.step('an admin makes the policy in the form', async () => {
    const access = page.getByRole('region', { name: 'Access', exact: true });
    await access.getByRole('button', { name: 'Add policy' }).click();
    await access.getByRole('textbox', { name: 'Name', exact: true }).fill('own_alliance');
    await access.getByRole('button', { name: 'Rows of their own…' }).click();
    const rows = page.getByRole('group', { name: 'Rows of their own', exact: true });
    await rows.getByRole('combobox', { name: 'Dimension', exact: true }).click();
    await page.getByRole('option', { name: /Alliance$/ }).click();
    await access.getByRole('combobox', { name: 'Is their' }).fill('alliance');
    await access.getByRole('button', { name: 'Add these rows' }).click();
    await page.screenshot({ path: info.outputPath('joined-policy.png'), fullPage: true });
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByRole('button', { name: 'Save model' }).click();
    await expect(page.getByText(/version 3/)).toBeVisible();
  });

  const theirs = await pageOf(browser);
  await strict(theirs, server);
  await test.step('they see the flights of their alliance, and no others', async () => {
    await arrive(theirs, server, ann, `${dashboard}?time=all`);
    await expect(fullValue(theirs, 'Flights')).toHaveAttribute('title', whole(own));
    await theirs.goto(`${server.url}/explore?model=flights&m=count&d=carrier&time=all`);
    await untilReady(theirs);
    const groups = theirs.getByRole('grid', { name: 'Flights by carrier' });
    await expect(groups.getByRole('row').filter({ hasText: 'UA' })).toHaveCount(1);
    await expect(groups.getByRole('row').filter({ hasText: 'B6' })).toHaveCount(0);
    await expect(theirs.getByText(/Restricted by access policy own_alliance/)).toBeVisible();
    await theirs.screenshot({ path: info.outputPath('own-alliance.png') });
    await theirs.goto(`${server.url}/sql?q=${encodeURIComponent('select count(*) from flights')}`);
    await theirs.getByRole('button', { name: 'Run', exact: true }).click();
    const cell = theirs.getByRole('grid', { name: 'Result' }).getByRole('gridcell').first();
    await expect.poll(async () => digits(await cell.textContent())).toBe(own);
  });

  await test.step('another alliance of an airline moves its flights at once', async () => {
    await theirs.goto(`${server.url}${dashboard}?time=all`);
    await expect(fullValue(theirs, 'Flights')).toHaveAttribute('title', whole(own));
    const moved = airlines.replace('US,Star', 'US,Oneworld');
    await api.load(new Blob([moved]), 'airlines.csv', { dataset: 'airlines', mode: 'replace' });
    await theirs.reload();
    await expect(fullValue(theirs, 'Flights')).toHaveAttribute(
      'title',
      whole(await count(api, "where carrier = 'UA'")),
    );
  });
  await theirs.context().close();
});
