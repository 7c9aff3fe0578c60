// Who sees which rows and columns, the whole way: an admin makes somebody with an attribute, a model gets a policy, that
// person sees their part of the rows everywhere and nothing once the attribute is gone, and the admin who views as them sees
// the same.
import type { Browser, Page } from '@playwright/test';
import { Api, owner } from './api';
import { expect, test } from './fixture';
import type { RunningServer } from './running-server';
import {
  accessibilityProblems,
  card,
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
  access_policies?: { name: string; rows?: object[]; hidden?: string[] }[];
}

const ann = {
  name: 'Ann Origin',
  email: 'ann@acme.example',
  password: 'a quiet and late evening',
};
const airport = 'EWR';
const policy = 'own_airport';
const restricted = `Restricted by access policy ${policy}`;
const reason = /attribute .?airport.? is not set/i;
const json = { 'content-type': 'application/json' };
const whole = (count: number): string => count.toLocaleString('en-GB');
const digits = (text: string | null): number => Number((text ?? '').replaceAll(',', ''));

async function open({ url }: RunningServer, page: Page, path: string): Promise<void> {
  await page.goto(`${url}${path}`);
  await untilReady(page);
}

async function arrive({ url }: RunningServer, page: Page, who: typeof owner | typeof ann) {
  await page.goto(`${url}/sign-in`);
  await signIn(page, who);
  await expect(page.getByRole('heading', { name: 'Dashboards', level: 1 })).toBeVisible();
}

/** A browser of their own, in which somebody signs in. */
async function pageOf(browser: Browser): Promise<Page> {
  return (await browser.newContext()).newPage();
}

async function pick(page: Page, within: string, label: string, option: string): Promise<void> {
  const group = page.getByRole('group', { name: within, exact: true });
  await group.getByRole('combobox', { name: label, exact: true }).click();
  await page.getByRole('option', { name: option, exact: true }).click();
}

async function viewAsAnn(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Account/ }).click();
  await page.getByRole('menuitem', { name: 'View as…' }).click();
  await page
    .getByRole('dialog', { name: 'View as' })
    .getByRole('button', { name: new RegExp(ann.name) })
    .click();
  await expect(page.getByTestId('view-as-banner')).toContainText(`You see what ${ann.name} sees`);
}

const count = async (api: Api, where = ''): Promise<number> =>
  Number(
    (await api.json<Answer>('POST', '/sql', { sql: `select count(*) from flights ${where}` }))
      .data[0]?.[0],
  );

/** The number of flights that each way of asking shows. */
async function expectFlights(
  server: RunningServer,
  page: Page,
  dashboard: string,
  expected: number,
): Promise<void> {
  await open(server, page, `${dashboard}?time=all`);
  await expect(fullValue(page, 'Flights')).toHaveAttribute('title', whole(expected));
  await expect(card(page, 'Flights').getByRole('button', { name: restricted })).toBeVisible();

  await open(server, page, '/explore?model=flights&m=count&d=origin&time=all');
  const groups = page.getByRole('grid', { name: 'Flights by origin' });
  const row = groups.getByRole('row').filter({ hasText: airport });
  await expect
    .poll(async () => digits(await row.getByRole('gridcell').last().textContent()))
    .toBe(expected);
  await expect(groups.getByRole('row').filter({ hasText: 'JFK' })).toHaveCount(0);
  await expect(page.getByText(new RegExp(restricted))).toBeVisible();

  const sql = encodeURIComponent('select count(*) from flights');
  await open(server, page, `/sql?q=${sql}`);
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  const cell = page.getByRole('grid', { name: 'Result' }).getByRole('gridcell').first();
  await expect.poll(async () => digits(await cell.textContent())).toBe(expected);
}

test('somebody sees their part of the rows, and an admin sees what they see', async ({
  page,
  browser,
  freshServer,
  strict,
  isMobile,
}, info) => {
  test.setTimeout(300_000);
  const server = freshServer;
  const api = await Api.setUp(server.url, server.setupCode);
  await api.loadFlights();
  const dashboard = `/dashboards/${await api.generateDashboard()}`;
  const all = await count(api);
  const own = await count(api, `where origin = '${airport}'`);
  expect(own).toBeGreaterThan(0);
  expect(own).toBeLessThan(all);
  await strict(page, server);
  await arrive(server, page, owner);
  const look = async (at: Page, name: string): Promise<void> => {
    await at.screenshot({ path: info.outputPath(`${name}.png`), animations: 'disabled' });
    expect.soft(await accessibilityProblems(at), name).toEqual([]);
    expect.soft(await hasSidewaysScroll(at), `${name} is wider than the screen`).toBe(false);
  };

  await test.step('a person with an attribute is added', async () => {
    await open(server, page, '/settings');
    await page.getByRole('button', { name: 'Add a person' }).click();
    const dialog = page.getByRole('dialog', { name: 'Add a person' });
    await dialog.getByLabel('Name', { exact: true }).fill(ann.name);
    await dialog.getByLabel('Email').fill(ann.email);
    await dialog.getByLabel('First password').fill(ann.password);
    await dialog.getByRole('button', { name: 'Add an attribute' }).click();
    await dialog.getByRole('combobox', { name: 'Name of attribute 1' }).fill('airport');
    const values = dialog.getByRole('textbox', { name: 'Values of airport' });
    await values.fill(airport);
    await values.press('Enter');
    await look(page, 'add-person');
    await dialog.getByRole('button', { name: 'Add', exact: true }).click();
    await expect(page.getByText(`${ann.name} can sign in now`)).toBeVisible();
    await expect(page.getByRole('list', { name: `Attributes of ${ann.name}` })).toHaveText(
      `airport: ${airport}`,
    );
  });

  await test.step('a model gets a policy', async () => {
    await open(server, page, '/models/flights');
    const access = page.getByRole('region', { name: 'Access', exact: true });
    await expect(access).toContainText('Everybody sees all rows and columns');
    await access.getByRole('button', { name: 'Add policy' }).click();
    await access.getByRole('textbox', { name: 'Name', exact: true }).fill(policy);
    await access.getByRole('button', { name: 'Add condition on people' }).click();
    const who = access.getByRole('group', { name: 'Condition on people 1' });
    await who.getByRole('combobox', { name: 'Attribute' }).fill('role');
    await who.getByRole('combobox', { name: 'Is one of' }).fill('viewer');
    await who.getByRole('combobox', { name: 'Is one of' }).press('Enter');
    await access.getByRole('button', { name: 'Rows of their own…' }).click();
    await pick(page, 'Rows of their own', 'Dimension', 'Origin');
    await access.getByRole('combobox', { name: 'Is their' }).fill('airport');
    await access.getByRole('button', { name: 'Add these rows' }).click();
    await pick(page, policy, 'Hidden columns', 'tailnum');
    await page.keyboard.press('Escape');
    await expect(access.getByTestId('policy-text')).toHaveText(
      'Viewers see rows where Origin is their airport; tailnum is hidden.',
    );
    await look(page, 'model-policy');
    await page.getByRole('button', { name: 'Save model' }).click();
    await expect(page.getByText(/version 2/)).toBeVisible();
    const stored = await api.json<StoredModel>('GET', '/models/flights');
    expect(stored.access_policies).toEqual([
      {
        name: policy,
        when: [{ attribute: 'role', values: ['viewer'] }],
        rows: [{ member: 'flights.origin', operator: 'equals', values: ['{user.airport}'] }],
        hidden: ['tailnum'],
      },
    ]);
    // Admins see everything, whatever the policies say.
    expect(await count(api)).toBe(all);
  });

  const theirs = await pageOf(browser);
  await strict(theirs, server);
  await test.step('they see their part, in dashboards, explore and SQL', async () => {
    await arrive(server, theirs, ann);
    await expectFlights(server, theirs, dashboard, own);
    const asAnn = await Api.signIn(server.url, ann);
    expect(await count(asAnn)).toBe(own);
    const hidden = await asAnn.send(
      'POST',
      '/sql',
      JSON.stringify({ sql: 'select tailnum from flights limit 1' }),
      json,
    );
    expect(hidden.ok).toBe(false);
    const model = await asAnn.json<StoredModel>('GET', '/models/flights');
    expect(model.access_policies).toBeUndefined();
  });

  await test.step('their list of datasets counts what they see, and has no size', async () => {
    await open(server, theirs, '/datasets/flights');
    await expect(
      theirs.getByText(new RegExp(`^${whole(own)} rows that you may see`)),
    ).toBeVisible();
  });

  await test.step('who views as them sees the same, and changes nothing', async () => {
    await open(server, page, `${dashboard}?time=all`);
    await expect(fullValue(page, 'Flights')).toHaveAttribute('title', whole(all));
    await expect(page.getByRole('button', { name: 'Edit', exact: true })).toBeVisible();
    await viewAsAnn(page);
    await expect(fullValue(page, 'Flights')).toHaveAttribute('title', whole(own));
    await expect(page.getByRole('button', { name: 'Edit', exact: true })).toHaveCount(0);
    await untilReady(page);
    await look(page, 'view-as');
    await expectFlights(server, page, dashboard, own);
    await expect(page.getByTestId('view-as-banner')).toBeVisible();

    const { items } = await api.json<{ items: { id: string; email: string }[] }>('GET', '/users');
    const id = items.find(({ email }) => email === ann.email)?.id ?? '';
    const refused = await api.send('POST', '/dashboards/generate', '{"dataset":"flights"}', {
      ...json,
      'tidemill-view-as': id,
    });
    expect(refused.status).toBe(403);

    await page.getByTestId('view-as-banner').getByRole('button', { name: 'Stop' }).click();
    await expect(page.getByTestId('view-as-banner')).toHaveCount(0);
    await open(server, page, `${dashboard}?time=all`);
    await expect(fullValue(page, 'Flights')).toHaveAttribute('title', whole(all));
  });

  await test.step('another policy reaches a page that is open', async () => {
    await open(server, theirs, `${dashboard}?time=all`);
    await expect(theirs.getByTestId('live-mark')).toHaveAttribute('data-live', 'live');
    await expect(fullValue(theirs, 'Flights')).toHaveAttribute('title', whole(own));
    const save = async (change: (model: StoredModel) => StoredModel): Promise<void> => {
      const model = await api.json<StoredModel>('GET', '/models/flights');
      const answer = await api.send('PUT', '/models/flights', JSON.stringify(change(model)), {
        ...json,
        'if-match': `"${model.version}"`,
      });
      expect(answer.status, await answer.text()).toBe(200);
    };
    const policies = (await api.json<StoredModel>('GET', '/models/flights')).access_policies;
    await save((model) => ({
      ...model,
      access_policies: policies?.map(({ rows: _, ...rest }) => rest) ?? [],
    }));
    await expect(fullValue(theirs, 'Flights')).toHaveAttribute('title', whole(all));
    await save((model) => ({ ...model, access_policies: policies ?? [] }));
    await expect(fullValue(theirs, 'Flights')).toHaveAttribute('title', whole(own));
  });

  await test.step('without the attribute there is nothing, and every page says why', async () => {
    await open(server, page, '/settings');
    await page.getByRole('button', { name: `Change ${ann.name}` }).click();
    const dialog = page.getByRole('dialog', { name: `Change ${ann.name}` });
    // Its code comes when it is opened.
    await expect(dialog).toBeVisible();
    await look(page, 'attributes');
    await dialog.getByRole('button', { name: 'Remove airport' }).click();
    await dialog.getByRole('button', { name: 'Save' }).click();
    await expect(page.getByText(`${ann.name} was saved`)).toBeVisible();

    await open(server, theirs, `${dashboard}?time=all`);
    await expect(card(theirs, 'Flights')).toContainText(reason);
    await expect(fullValue(theirs, 'Flights')).toHaveCount(0);
    await look(theirs, 'nothing-on-a-dashboard');
    await open(server, theirs, '/explore?model=flights&m=count&d=origin&time=all');
    await expect(theirs.getByRole('region', { name: 'Answer' })).toContainText(reason);
    await look(theirs, 'nothing-in-explore');
    await open(server, theirs, `/sql?q=${encodeURIComponent('select * from flights limit 5')}`);
    await theirs.getByRole('button', { name: 'Run', exact: true }).click();
    await expect(theirs.getByRole('region', { name: 'Answer' })).toContainText(reason);
    await look(theirs, 'nothing-in-sql');

    await open(server, page, `${dashboard}?time=all`);
    await viewAsAnn(page);
    await expect(card(page, 'Flights')).toContainText(reason);
  });

  await test.step('it is over at sign-out', async () => {
    await page.getByRole('button', { name: /^Account/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
    await arrive(server, page, owner);
    await expect(page.getByTestId('view-as-banner')).toHaveCount(0);
    await open(server, page, `${dashboard}?time=all`);
    await expect(fullValue(page, 'Flights')).toHaveAttribute('title', whole(all));
    // The menu of phones stands in another bar.
    expect(await page.getByRole('button', { name: /^Account/ }).count()).toBe(1);
    if (!isMobile) await look(page, 'after-sign-out');
  });
  await theirs.context().close();
});
