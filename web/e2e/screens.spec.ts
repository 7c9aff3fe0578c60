// Every page on wide screens and phones, light and dark: no accessibility violation, no sideways
// scroll, nothing in the console, and a picture to look at.
import { owner } from './api';
import { expect, test } from './fixture';
import {
  accessibilityProblems,
  drawEverything,
  hasSidewaysScroll,
  signIn,
  untilReady,
} from './on-screen';

const pages: [name: string, path: string | null][] = [
  ['dashboards', '/'],
  ['dashboard', null],
  ['datasets', '/datasets'],
  ['dataset', '/datasets/flights'],
  ['upload', '/datasets/upload'],
  ['settings', '/settings'],
  ['not-found', '/no/such/page'],
];

test('the pages of somebody who is signed in', async ({ page, seeded, strict }, info) => {
  test.setTimeout(180_000);
  const { server } = seeded;
  await strict(page, server);
  await page.goto(`${server.url}/sign-in`);
  await signIn(page, owner);
  await expect(page.getByRole('heading', { name: 'Dashboards', level: 1 })).toBeVisible();
  for (const [name, path] of pages) {
    await test.step(name, async () => {
      await page.goto(server.url + (path ?? seeded.dashboard));
      await untilReady(page);
      if (path === null) await drawEverything(page);
      await page.screenshot({ path: info.outputPath(`${name}.png`), fullPage: true });
      expect.soft(await accessibilityProblems(page), name).toEqual([]);
      expect.soft(await hasSidewaysScroll(page), `${name} is wider than the screen`).toBe(false);
    });
  }
});

test('the sign-in page', async ({ page, seeded, strict }, info) => {
  await strict(page, seeded.server);
  await page.goto(`${seeded.server.url}/sign-in`);
  await untilReady(page);
  await page.screenshot({ path: info.outputPath('sign-in.png') });
  expect(await accessibilityProblems(page)).toEqual([]);
  expect(await hasSidewaysScroll(page)).toBe(false);
});

test('the set-up page', async ({ page, freshServer, strict }, info) => {
  await strict(page, freshServer);
  await page.goto(freshServer.url);
  await expect(page.getByRole('heading', { name: 'Set up Tidemill' })).toBeVisible();
  await untilReady(page);
  await page.screenshot({ path: info.outputPath('set-up.png') });
  expect(await accessibilityProblems(page)).toEqual([]);
  expect(await hasSidewaysScroll(page)).toBe(false);
});
