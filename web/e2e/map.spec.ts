// Places on a map: a file with degrees is loaded, its model knows what they are, and Explore draws them without being told.
import { readFile } from 'node:fs/promises';
import { Api, owner } from './api';
import { expect, test } from './fixture';
import { accessibilityProblems, hasSidewaysScroll, signIn, untilReady } from './on-screen';

const airports = new URL('../../examples/data/airports.csv', import.meta.url);

test('a latitude and its longitude are drawn as a map', async ({ page, freshServer, strict }) => {
  await strict(page, freshServer);
  const api = await Api.setUp(freshServer.url, freshServer.setupCode);
  await api.load(new Blob([new Uint8Array(await readFile(airports))]), 'airports.csv', {
    dataset: 'airports',
    label: 'Airports',
    mode: 'create',
    types: {},
  });

  await test.step('of a new model, whose degrees have their roles', async () => {
    const path = '/explore?model=airports&m=avg_alt&d=lat,lon,name';
    await page.goto(`${freshServer.url}/sign-in?next=${encodeURIComponent(path)}`);
    await signIn(page, owner);
    await page.waitForURL(/\/explore/);
    await untilReady(page);
  });
  const map = page.getByRole('group', { name: /^Average alt at [\d,]+ places\.$/ });
  await expect(map).toBeVisible();

  await test.step('each place can be read by keyboard', async () => {
    await map.focus();
    await page.keyboard.press('ArrowRight');
    await expect(map.getByRole('status')).toContainText(/alt/i);
  });
  await page.screenshot({ path: test.info().outputPath('map.png') });

  await test.step('a part of it is looked at from near, and all of it again', async () => {
    const lines = () => map.locator('[data-tick]').allTextContents();
    const all = await lines();
    const whole = page.getByRole('button', { name: 'Show all places' });
    await page.getByRole('button', { name: 'Zoom in' }).click();
    await expect(whole).not.toHaveAttribute('aria-disabled');
    await expect.poll(lines).not.toEqual(all);
    await page.screenshot({ path: test.info().outputPath('map-near.png') });
    await map.press('0');
    await expect(whole).toHaveAttribute('aria-disabled', 'true');
    await expect.poll(lines).toEqual(all);
  });
  expect(await hasSidewaysScroll(page)).toBe(false);
  expect(await accessibilityProblems(page)).toEqual([]);
});
