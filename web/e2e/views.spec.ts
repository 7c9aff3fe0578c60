// Somebody explores a view, goes down its hierarchy and up again, asks by widths of their own, and filters a dashboard whose
// cards ask the view and the model behind it: the numbers are those that SQL has.
import type { Page } from '@playwright/test';
import { Api, owner } from './api';
import { expect, test } from './fixture';
import { accessibilityProblems, card, hasSidewaysScroll, signIn, untilReady } from './on-screen';

interface Answer {
  data: (string | number | null)[][];
}

interface StoredModel {
  version: number;
  hierarchies?: object[];
}

const view = {
  name: 'trips',
  label: 'Trips',
  description: 'Flights in the words of travellers',
  include: [
    {
      path: 'flights',
      members: [
        { name: 'count', alias: 'trips', label: 'Trips' },
        { name: 'time_hour', alias: 'left_at', label: 'Left at' },
        { name: 'carrier', alias: 'airline', label: 'Airline' },
        { name: 'origin', alias: 'airport', label: 'Airport' },
      ],
    },
  ],
};

const number = (id: string, title: string, measure: string, x: number) => ({
  id,
  kind: 'number',
  title,
  layout: { x, y: 0, w: 4, h: 3 },
  query: { measures: [measure] },
  options: {},
});

async function prepare(api: Api): Promise<string> {
  await api.loadFlights();
  const model = await api.json<StoredModel>('GET', '/models/flights');
  const hierarchies = [{ name: 'route', label: 'Route', levels: ['origin', 'carrier'] }];
  const put = async (route: string, version: number, body: object) => {
    const answer = await api.send('PUT', route, JSON.stringify(body), {
      'content-type': 'application/json',
      'if-match': `"${version}"`,
    });
    if (!answer.ok) throw new Error(`${route}: ${answer.status} ${await answer.text()}`);
  };
  await put('/models/flights', model.version, { ...model, hierarchies });
  await put('/views/trips', 0, view);
  const { id } = await api.json<{ id: string }>('POST', '/dashboards', {
    title: 'Two words for one thing',
    definition: {
      schema: 1,
      timezone: 'UTC',
      time: { range: 'all', grain: null },
      time_dimension: 'flights.time_hour',
      filters: [],
      widgets: [
        number('w1', 'Of the view', 'trips.trips', 0),
        number('w2', 'Of the model', 'flights.count', 4),
        {
          ...number('w3', 'By airport', 'trips.trips', 0),
          kind: 'bar',
          layout: { x: 0, y: 3, w: 8, h: 5 },
          query: { measures: ['trips.trips'], dimensions: ['trips.airport'] },
        },
      ],
    },
  });
  return `/dashboards/${id}`;
}

const digits = (text: string | null): number => Number((text ?? '').replaceAll(/\D/g, ''));

const cellOf = async (page: Page, row: string): Promise<number> =>
  digits(
    await page.getByRole('row').filter({ hasText: row }).getByRole('gridcell').last().textContent(),
  );

test('a view is explored, and its cards are filtered', async ({
  page,
  freshServer,
  strict,
  isMobile,
}, info) => {
  test.setTimeout(180_000);
  await strict(page, freshServer);
  const api = await Api.setUp(freshServer.url, freshServer.setupCode);
  const dashboard = await prepare(api);
  const one = async (sql: string): Promise<number> =>
    Number((await api.json<Answer>('POST', '/sql', { sql })).data[0]?.[0]);
  const path = encodeURIComponent('/explore?model=trips&m=trips&d=airport&time=all');
  await page.goto(`${freshServer.url}/sign-in?next=${path}`);
  await signIn(page, owner);
  await page.waitForURL(/\/explore/);
  await untilReady(page);

  await test.step('its numbers are those of the model', async () => {
    const jfk = await one("select count(*) from flights where origin = 'JFK'");
    expect(await cellOf(page, 'JFK')).toBe(jfk);
    if (!isMobile) await expect(page.getByText(view.description).first()).toBeVisible();
    await page.screenshot({ path: info.outputPath('view.png'), fullPage: true });
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(await hasSidewaysScroll(page)).toBe(false);
  });

  await test.step('down the hierarchy, and up by the path', async () => {
    await page.getByRole('gridcell', { name: 'JFK', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Within JFK: by Airline' }).click();
    await expect(page).toHaveURL(/d=airline&.*f=airport:equals:JFK/);
    await untilReady(page);
    const airline = await one(
      "select count(*) from flights where origin = 'JFK' and carrier = 'B6'",
    );
    expect(await cellOf(page, 'B6')).toBe(airline);
    const way = page.getByRole('navigation', { name: 'Way down Route' });
    await expect(way).toContainText('JFK, by Airline');
    await page.screenshot({ path: info.outputPath('drilled.png'), fullPage: true });
    expect(await accessibilityProblems(page)).toEqual([]);
    await way.getByRole('button', { name: 'All by Airport' }).click();
    await expect(page).toHaveURL(/model=trips&m=trips&d=airport&time=all$/);
    await expect(way).toBeHidden();
  });

  await test.step('by a width that is typed', async () => {
    await page.goto(`${freshServer.url}/explore?model=trips&m=trips&time=2013-03-04..2013-03-05`);
    await untilReady(page);
    await page.getByRole('combobox', { name: 'Over time' }).click();
    await page.getByRole('option', { name: 'Another width…' }).click();
    const width = page.getByRole('textbox', { name: 'Over time' });
    await width.fill('7 hours');
    await expect(page.getByText(/^Of hours there may be/)).toBeVisible();
    await width.fill('6 hours');
    await width.press('Enter');
    await expect(page).toHaveURL(/grain=6\+hours/);
    await untilReady(page);
    const grid = page.getByRole('grid');
    await expect(grid.getByRole('columnheader', { name: /Left at/ })).toBeVisible();
    await page.screenshot({ path: info.outputPath('width.png'), fullPage: true });
  });

  await test.step('SQL lists its members and counts with them', async () => {
    const sql =
      "select airline, measure(trips) from trips where airport = 'JFK' group by 1 order by 2 desc";
    await page.goto(`${freshServer.url}/sql?q=${encodeURIComponent(sql)}`);
    await untilReady(page);
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    const most = await one(
      "select count(*) from flights where origin = 'JFK' group by carrier order by 1 desc limit 1",
    );
    const first = page.getByRole('grid', { name: 'Result' }).getByRole('row').nth(1);
    await expect(first).toBeVisible();
    expect(digits(await first.getByRole('gridcell').last().textContent())).toBe(most);
    if (isMobile) await page.getByRole('button', { name: 'Datasets and history' }).click();
    await page.getByRole('button', { name: 'Members of trips' }).click();
    await expect(page.getByRole('list', { name: 'Measures of trips' })).toContainText('trips');
    await expect(page.getByRole('list', { name: 'Dimensions of trips' })).toContainText('airline');
    await page.screenshot({ path: info.outputPath('sql.png') });
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(await hasSidewaysScroll(page)).toBe(false);
  });

  await test.step('a filter of a dashboard reaches cards of both', async () => {
    await page.goto(`${freshServer.url}${dashboard}?f=flights.origin:equals:JFK`);
    await untilReady(page);
    const value = (title: string) => card(page, title).getByTestId('widget-value');
    await expect(value('Of the view')).toBeVisible();
    const shown = await value('Of the model').textContent();
    await expect(value('Of the view')).toHaveText(shown ?? '');
    await page.screenshot({ path: info.outputPath('dashboard.png'), fullPage: true });
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByRole('button', { name: 'Menu of By airport', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Explore by Airline' }).click();
    await expect(page).toHaveURL(/\/explore\?model=trips&m=trips&d=airline/);
    await untilReady(page);
    await expect(page.getByRole('navigation', { name: 'Way down Route' })).toContainText(
      'JFK, by Airline',
    );
  });
});
