// Somebody makes a view of two models in the form, reads it as text, gives its model a hierarchy, and the view answers
// what SQL answers.
import type { Page } from '@playwright/test';
import { Api, owner } from './api';
import { expect, test } from './fixture';
import { accessibilityProblems, hasSidewaysScroll, signIn, untilReady } from './on-screen';

interface Answer {
  data: (string | number | null)[][];
}

const airlines = [
  'carrier,name',
  'UA,United Air Lines Inc.',
  'DL,Delta Air Lines Inc.',
  'B6,JetBlue Airways',
  '',
].join('\n');

async function pick(page: Page, label: string, option: string): Promise<void> {
  await page.getByRole('combobox', { name: label, exact: true }).click();
  await page.getByRole('option', { name: option, exact: true }).click();
}

test('a view of two models is made, read as text and asked', async ({
  page,
  freshServer,
  strict,
}, info) => {
  test.setTimeout(180_000);
  await strict(page, freshServer);
  const api = await Api.setUp(freshServer.url, freshServer.setupCode);
  await api.loadFlights();
  await api.load(new Blob([airlines]), 'airlines.csv', { dataset: 'airlines', mode: 'create' });
  const path = encodeURIComponent('/models/flights');
  await page.goto(`${freshServer.url}/sign-in?next=${path}`);
  await signIn(page, owner);
  await page.waitForURL(/\/models\/flights/);

  await test.step('the model gets a join, a hierarchy and buckets with a name', async () => {
    await page.getByRole('button', { name: 'Add join' }).click();
    await pick(page, 'Model', 'Airlines');
    await pick(page, 'Column here', 'carrier');
    await pick(page, 'Column there', 'carrier');
    await page.getByRole('button', { name: 'Add hierarchy' }).click();
    const fields = page.getByRole('list', { name: 'Hierarchies' }).getByRole('group').first();
    await fields.getByRole('textbox', { name: 'Label', exact: true }).fill('Way');
    await pick(page, 'Widest level', 'Dest');
    await pick(page, 'Add the next level', 'Origin');
    await page.getByRole('button', { name: 'Move Origin up' }).click();
    await expect(page.getByText(/^From Origin → Dest/)).toBeVisible();
    await page.screenshot({ path: info.outputPath('hierarchy.png'), fullPage: true });
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(await hasSidewaysScroll(page)).toBe(false);
    await page
      .getByRole('list', { name: 'Dimensions' })
      .getByRole('button', { name: /date and time$/ })
      .first()
      .click();
    await page.getByRole('button', { name: 'Add buckets' }).click();
    const buckets = page.getByRole('group', { name: 'Buckets 1', exact: true });
    await buckets.getByRole('textbox', { name: 'Counted from' }).fill('2013-01-01');
    await expect(page.getByText('2 weeks, counted from 2013-01-01.')).toBeVisible();
    await buckets.getByRole('textbox', { name: 'Label', exact: true }).fill('Sprint');
    await page.screenshot({ path: info.outputPath('granularity.png'), fullPage: true });
    expect(await hasSidewaysScroll(page)).toBe(false);
    await page.getByRole('button', { name: 'Save model' }).click();
    await expect(page.getByText(/version 2/)).toBeVisible();
  });

  await test.step('a view is made of both models', async () => {
    await page.goto(`${freshServer.url}/views/new`);
    await page.getByRole('textbox', { name: 'Label', exact: true }).fill('Punctuality');
    await pick(page, 'First model', 'Flights');
    await page.getByRole('checkbox', { name: 'Total distance', exact: true }).check();
    await page.getByRole('checkbox', { name: 'Origin', exact: true }).check();
    await page.getByRole('button', { name: 'Rename Origin' }).click();
    await page.getByRole('textbox', { name: 'Name in the view' }).fill('airport');
    await page.getByRole('button', { name: 'Add model' }).click();
    await pick(page, 'Model, by way of', 'Flights → Airlines');
    await page.getByRole('checkbox', { name: 'Name', exact: true }).check();
    await expect(page.getByRole('list', { name: 'Members of the view' })).toContainText(
      'airlines_name',
    );
    await page.screenshot({ path: info.outputPath('view-form.png'), fullPage: true });
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(await hasSidewaysScroll(page)).toBe(false);
    await page.getByRole('button', { name: 'Save view' }).click();
    await page.waitForURL(/\/views\/punctuality$/);
    await expect(page.getByText(/version 1/)).toBeVisible();
  });

  await test.step('its members lie in a folder, where explore has them', async () => {
    await page.getByRole('button', { name: 'Add folder' }).click();
    const folder = page.getByRole('list', { name: 'Folders' }).getByRole('group').first();
    await folder.getByRole('textbox', { name: 'Name', exact: true }).fill('Where from');
    await pick(page, 'Members', 'Origin');
    await page.keyboard.press('Escape');
    await page.screenshot({ path: info.outputPath('view-folder.png'), fullPage: true });
    await page.getByRole('button', { name: 'Save view' }).click();
    await expect(page.getByText(/version 2/)).toBeVisible();
    await page.goto(`${freshServer.url}/explore?model=punctuality&m=sum_distance&time=all`);
    await untilReady(page);
    const isPhone = (page.viewportSize()?.width ?? 0) < 900;
    if (isPhone) await page.getByRole('button', { name: 'Fields' }).click();
    const group = page.getByRole('group', { name: 'Where from', exact: true });
    await group.getByRole('button', { name: /Origin$/ }).click();
    await page.screenshot({ path: info.outputPath('explore-folder.png') });
    expect(await accessibilityProblems(page)).toEqual([]);
    if (isPhone) await page.getByRole('button', { name: 'Done' }).click();
    await expect(page).toHaveURL(/d=airport/);
    await expect(page.getByRole('gridcell', { name: 'JFK', exact: true })).toBeVisible();
    await page.goto(`${freshServer.url}/views/punctuality`);
  });

  await test.step('it is read as text', async () => {
    await page.getByRole('tab', { name: 'Text' }).click();
    await expect(page.getByRole('textbox', { name: 'Punctuality as text' })).toContainText(
      'path: flights.airlines',
    );
    await page.screenshot({ path: info.outputPath('view-text.png'), fullPage: true });
    expect(await accessibilityProblems(page)).toEqual([]);
  });

  await test.step('it answers what SQL answers, and stands in the list', async () => {
    const asked = await api.json<Answer>('POST', '/queries', {
      measures: ['punctuality.sum_distance'],
      filters: [
        { member: 'punctuality.airlines_name', operator: 'equals', values: ['JetBlue Airways'] },
      ],
    });
    const told = await api.json<Answer>('POST', '/sql', {
      sql: "select sum(distance) from flights where carrier = 'B6'",
    });
    expect(Number(asked.data[0]?.[0])).toBe(Number(told.data[0]?.[0]));
    await page.goto(`${freshServer.url}/views`);
    await expect(page.getByRole('link', { name: 'Punctuality', exact: true })).toBeVisible();
    await page.screenshot({ path: info.outputPath('views.png') });
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(await hasSidewaysScroll(page)).toBe(false);
  });
});
