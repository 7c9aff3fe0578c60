// Somebody joins two models and computes a measure from others, in the form and in the text, and explores by what is joined:
// the numbers are those that SQL has.
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

async function pick(page: Page, within: string, label: string, option: string): Promise<void> {
  const group = page.getByRole('group', { name: within, exact: true });
  await group.getByRole('combobox', { name: label, exact: true }).click();
  await page.getByRole('option', { name: option, exact: true }).click();
}

test('a model is joined, counted with and written as text', async ({
  page,
  freshServer,
  strict,
  isMobile,
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

  await test.step('a join and a formula are added and saved', async () => {
    await page.getByRole('button', { name: 'Add join' }).click();
    await pick(page, 'New join', 'Model', 'Airlines');
    await pick(page, 'Pair of columns 1', 'Column here', 'carrier');
    await pick(page, 'Pair of columns 1', 'Column there', 'carrier');
    await page.getByRole('button', { name: 'Add measure' }).click();
    await pick(page, 'New measure', 'Kind', 'Formula over measures');
    const fields = page.getByRole('list', { name: 'Measures' }).getByRole('group').last();
    await fields.getByRole('textbox', { name: 'Name', exact: true }).fill('per_flight');
    await fields.getByRole('textbox', { name: 'Label', exact: true }).fill('Miles per flight');
    await fields.getByRole('textbox', { name: 'Formula' }).fill('{sum_distance} / {count}');
    await page.screenshot({ path: info.outputPath('model-form.png'), fullPage: true });
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(await hasSidewaysScroll(page)).toBe(false);
    await page.getByRole('button', { name: 'Save model' }).click();
    await expect(page.getByText(/version 2/)).toBeVisible();
  });

  await test.step('the text says what is wrong, line by line', async () => {
    await page.getByRole('tab', { name: 'Text' }).click();
    const editor = page.getByRole('textbox', { name: /as text$/ });
    await expect(editor).toContainText('dataset: flights');
    // An emulated phone does not always type where one has pointed.
    if (isMobile) return;
    await editor.click();
    await page.keyboard.press('Control+Home');
    await page.keyboard.type('lable: Flights\n');
    const wrong = page.getByRole('list', { name: 'What is wrong' });
    await expect(
      wrong.getByRole('button', { name: /^Line 1: A model has no “lable”/ }),
    ).toBeVisible();
    await page.screenshot({ path: info.outputPath('model-text.png'), fullPage: true });
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByRole('button', { name: 'Reset' }).click();
    await expect(wrong).toBeHidden();
  });

  await test.step('explored by what is joined', async () => {
    await page.goto(
      `${freshServer.url}/explore?model=flights&m=per_flight&d=airlines.name&time=all`,
    );
    await untilReady(page);
    const { data } = await api.json<Answer>('POST', '/sql', {
      sql: "select sum(distance) * 1.0 / count(*) from flights where carrier = 'DL'",
    });
    const row = page.getByRole('row').filter({ hasText: 'Delta Air Lines Inc.' });
    const shown = Number(
      ((await row.getByRole('gridcell').last().textContent()) ?? '').replaceAll(',', ''),
    );
    expect(shown).toBeCloseTo(Number(data[0]?.[0]), 0);
    await page.screenshot({ path: info.outputPath('explore-joined.png') });
    expect(await accessibilityProblems(page)).toEqual([]);
  });
});
