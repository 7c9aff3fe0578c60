// What tests look for on a page, and what they do on many pages.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Locator, Page } from '@playwright/test';
import type { AxeResults } from 'axe-core';
import { expect } from './fixture';
import type { Account } from './api';

const axeFile = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** Complete: no query pending, fonts loaded, two frames passed. */
export async function untilReady(page: Page): Promise<void> {
  await expect(page.locator('html')).toHaveAttribute('data-ready', 'true', { timeout: 30_000 });
}

export async function signIn(page: Page, account: Account): Promise<void> {
  await page.getByLabel('Email').fill(account.email);
  await page.getByLabel('Password', { exact: true }).fill(account.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

export const card = (page: Page, title: string): Locator =>
  page.getByRole('region', { name: title, exact: true });

/** The value of a number card; its title has all digits. */
export const fullValue = (page: Page, title: string): Locator =>
  card(page, title).getByTestId('widget-value');

/** What a screen reader is told of a number card that shows fewer digits than there are. */
export const exactWords = (page: Page, title: string): Locator =>
  card(page, title).getByTestId('widget-exact');

export async function showAsTable(page: Page, title: string): Promise<Locator> {
  await card(page, title).scrollIntoViewIfNeeded();
  await page.getByRole('button', { name: `Menu of ${title}`, exact: true }).click();
  await page.getByRole('menuitem', { name: 'View as table' }).click();
  return card(page, title);
}

/** Scrolls through the page, so that every card has been near the screen, and back up. */
export async function drawEverything(page: Page): Promise<void> {
  for (const region of await page.locator('[data-widget-id]').all()) {
    await region.scrollIntoViewIfNeeded();
    await expect(region).toHaveAttribute('data-state', /ready|empty/);
  }
  await page.evaluate(() => window.scrollTo(0, 0));
  await untilReady(page);
}

/** axe's complaints as lines: rule, what it says, where. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  // Evaluated, not added as a script: the page's security policy would refuse that, and should.
  await page.evaluate(await readFile(axeFile, 'utf8'));
  const results = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run: (options: object) => Promise<AxeResults> } };
    return axe.run({ resultTypes: ['violations'] });
  });
  return results.violations.flatMap((rule) =>
    rule.nodes.map((node) => `${rule.id}: ${rule.help} at ${node.target.join(' ')}`),
  );
}

/** Nothing is wider than the screen. */
export async function hasSidewaysScroll(page: Page): Promise<boolean> {
  return page.evaluate(
    () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
  );
}
