// Somebody explores and asks in SQL: what they see is what the API answers, the address has all of it, and what goes wrong
// is said where it is.
import { readFile } from 'node:fs/promises';
import type { Locator, Page } from '@playwright/test';
import { owner } from './api';
import { expect, test } from './fixture';
import type { Seeded } from './fixture';
import { accessibilityProblems, card, signIn, untilReady } from './on-screen';

interface Answer {
  data: (string | number | null)[][];
}

async function open({ server }: Seeded, page: Page, path: string): Promise<void> {
  await page.goto(`${server.url}/sign-in?next=${encodeURIComponent(path)}`);
  await signIn(page, owner);
  await page.waitForURL(/\/(explore|sql)/);
}

const isPhone = (page: Page): boolean => (page.viewportSize()?.width ?? 0) < 900;

/** Chooses fields from the list, which phones have in a sheet. */
async function choose(page: Page, ...names: RegExp[]): Promise<void> {
  if (isPhone(page)) await page.getByRole('button', { name: 'Fields' }).click();
  const list = isPhone(page)
    ? page.getByRole('presentation').filter({ has: page.getByRole('button', { name: 'Done' }) })
    : page.getByRole('complementary', { name: 'Fields' });
  for (const name of names) {
    await list.getByRole('button', { name }).first().click();
    await expect(list.getByRole('button', { name, pressed: true }).first()).toBeVisible();
  }
  if (isPhone(page)) await page.getByRole('button', { name: 'Done' }).click();
}

const number = (text: string | null): number =>
  Number((text ?? '').replaceAll(',', '').replace('\u2212', '-'));

async function texts(row: Locator): Promise<string[]> {
  return row.getByRole('gridcell').allTextContents();
}

test('explore: from fields to rows and a widget', async ({ page, seeded, strict }) => {
  test.setTimeout(180_000);
  await strict(page, seeded.server);
  await open(seeded, page, '/explore?time=all');
  const { api } = seeded;

  await test.step('chosen fields are asked, and stand in the address', async () => {
    await choose(page, /Average dep delay$/, /Carrier$/);
    await expect(page).toHaveURL(/\?model=flights&m=avg_dep_delay&d=carrier&time=all$/);
    await untilReady(page);
  });

  const table = page.getByRole('grid', { name: 'Average dep delay by carrier' });
  await test.step('the total is the average of all rows, not of averages', async () => {
    const { data } = await api.json<Answer>('POST', '/sql', {
      sql: 'select avg(dep_delay) from flights',
    });
    await expect(table.getByText('Total')).toBeVisible();
    const total = await texts(table.getByRole('row').last());
    expect(number(total[1] ?? '')).toBeCloseTo(Number(data[0]?.[0]), 2);
  });

  await test.step('a head orders; Back takes it back', async () => {
    await table.getByRole('columnheader', { name: 'Average dep delay' }).click();
    await expect(page).toHaveURL(/order=avg_dep_delay:desc/);
    await untilReady(page);
    expect((await texts(table.getByRole('row').nth(1)))[0]).toBe('F9');
    await page.goBack();
    await expect(page).not.toHaveURL(/order=/);
  });

  await test.step('the rows behind a cell are as many as it says', async () => {
    await page.goto(`${seeded.server.url}/explore?m=count&d=carrier&time=all&f=origin:equals:LGA`);
    await untilReady(page);
    const counts = page.getByRole('grid', { name: 'Flights by carrier' });
    const row = counts.getByRole('row').filter({ hasText: 'YV' });
    const expected = number((await texts(row))[1] ?? '');
    await row.getByRole('gridcell', { name: 'YV', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Show the rows' }).click();
    const dialog = page.getByRole('dialog');
    await expect(dialog.getByRole('grid')).toHaveAttribute('aria-rowcount', '201');
    const whole = expected.toLocaleString('en-GB');
    await expect(dialog.getByText(`First 200 rows of ${whole} rows`)).toBeVisible();
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      dialog.getByRole('button', { name: 'Download CSV' }).click(),
    ]);
    const text = await readFile(await file.path(), 'utf8');
    // A line of names before them.
    expect(text.trimEnd().split('\n').length - 1).toBe(expected);
    await page.keyboard.press('Escape');
  });

  await test.step('what is compared differs by what it says', async () => {
    await page.goto(`${seeded.server.url}/explore?m=count&grain=month&compare=before`);
    await untilReady(page);
    const months = page.getByRole('grid', { name: 'Flights by month' });
    await expect(months.getByRole('row').nth(2).getByRole('gridcell').nth(2)).not.toHaveText('—');
    const [, now, before, difference] = await texts(months.getByRole('row').nth(2));
    expect(number(now ?? '') - number(before ?? '')).toBe(number(difference ?? ''));
  });

  await test.step('the picture is taken along as it is drawn', async () => {
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download picture' }).click(),
    ]);
    expect(file.suggestedFilename()).toBe('flights-by-month.png');
    const png = [...(await readFile(await file.path()))];
    const colours = await page.evaluate(async (bytes) => {
      const picture = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
      const context = new OffscreenCanvas(picture.width, picture.height).getContext('2d')!;
      context.drawImage(picture, 0, 0);
      const { data } = context.getImageData(0, 0, picture.width, picture.height);
      return new Set(new Uint32Array(data.buffer)).size;
    }, png);
    // The ground, lines, marks, and letters with their soft edges.
    expect(colours).toBeGreaterThan(20);
  });

  await test.step('a widget is saved and follows its dashboard', async () => {
    await page.goto(`${seeded.server.url}/explore?m=max_distance&d=dest&limit=5`);
    await untilReady(page);
    await page.getByRole('button', { name: 'Save as widget' }).click();
    const dialog = page.getByRole('dialog', { name: 'Save as widget' });
    const title = `Farthest ${test.info().project.name}`;
    await dialog.getByLabel('Title').fill(title);
    await dialog.getByRole('combobox', { name: 'Dashboard' }).click();
    await page.getByRole('option', { name: 'Flights', exact: true }).first().click();
    await dialog.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('button', { name: 'Open dashboard' }).click();
    await page.waitForURL(/\/dashboards\//);
    await card(page, title).scrollIntoViewIfNeeded();
    await expect(card(page, title)).toHaveAttribute('data-state', 'ready');
    await page.getByRole('button', { name: `Menu of ${title}`, exact: true }).click();
    await page.getByRole('menuitem', { name: 'Where does this come from?' }).click();
    const about = page.getByRole('dialog', { name: /^Where does this number come from/ });
    await about.getByRole('button', { name: 'Explain the query' }).click();
    await expect(about.getByText('How it is computed')).toBeVisible();
    expect(await accessibilityProblems(page)).toEqual([]);
  });
});

test('explore: what the engine refuses stands at its field', async ({ page, seeded }, info) => {
  await open(seeded, page, '/explore?m=count&f=dep_delay:gt:late');
  const filters = page.getByRole('group', { name: 'Filters' });
  await expect(filters.getByRole('alert')).toContainText('is not of type integer');
  await expect(page.getByText('This cannot be asked yet')).toBeVisible();
  await page.screenshot({ path: info.outputPath('explore-refused.png') });
  expect(await accessibilityProblems(page)).toEqual([]);
  await filters.getByRole('button', { name: /^Remove filter/ }).click();
  await expect(page.getByTestId('widget-value')).toBeVisible();
});

test('SQL: written with help, run, corrected, cancelled', async ({
  page,
  seeded,
  isMobile,
}, info) => {
  test.skip(isMobile, 'an emulated phone replaces text in the editor now and then by adding to it');
  test.setTimeout(120_000);
  await open(seeded, page, '/sql');
  const editor = page.getByRole('textbox', { name: 'SQL statement' });

  await test.step('names are offered', async () => {
    await editor.click();
    await page.keyboard.type('select carrier, count(*) as n from fli');
    const offers = page.getByRole('listbox');
    // By pointer: the list takes no keys in its first moment, so that nobody accepts what they did not see.
    await offers
      .getByRole('option', { name: /^flights/ })
      .first()
      .click();
    await expect(editor).toContainText('from flights');
    await page.keyboard.type(' where dep_d');
    if (isPhone(page)) await page.keyboard.press('Control+Space');
    await expect(offers.getByRole('option', { name: /^dep_delay/ })).toBeVisible();
    await page.screenshot({ path: info.outputPath('sql-completion.png') });
    await page.keyboard.press('Escape');
    await page.keyboard.type('elay > 0 group by 1 order by 2 desc');
  });

  await test.step('Ctrl+Enter runs, and the address has it', async () => {
    if (isPhone(page)) await page.getByRole('button', { name: 'Run', exact: true }).click();
    else await page.keyboard.press('Control+Enter');
    const result = page.getByRole('grid', { name: 'Result' });
    await expect(result).toHaveAttribute('aria-rowcount', '17');
    const { data } = await seeded.api.json<Answer>('POST', '/sql', {
      sql: new URL(page.url()).searchParams.get('q'),
    });
    const first = await texts(result.getByRole('row').nth(1));
    expect([first[0], number(first[1] ?? '')]).toEqual([data[0]?.[0], data[1]?.[0]]);
  });

  await test.step('an error is marked at its place', async () => {
    await editor.fill('select carier from flights');
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await expect(page.getByRole('alert')).toContainText('Line 1, column 8');
    await expect(editor.locator('.cm-wrong')).toHaveText('carier');
    await page.screenshot({ path: info.outputPath('sql-error.png') });
    expect(await accessibilityProblems(page)).toEqual([]);
  });

  await test.step('a long one is cancelled, and the server goes on', async () => {
    await editor.fill(
      'select count(*) from flights a join flights b on a.carrier = b.carrier where a.dep_delay + b.dep_delay = a.arr_delay * b.distance',
    );
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await expect(page.getByText('Cancelled')).toBeVisible();
    await editor.fill('select 1 as one');
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    // What was cancelled has left the processors to others.
    await expect(page.getByRole('gridcell', { name: '1' })).toBeVisible({ timeout: 20_000 });
  });

  await test.step('all of it is in the history', async () => {
    if (isPhone(page)) await page.getByRole('button', { name: 'Datasets and history' }).click();
    await page.getByRole('tab', { name: 'History' }).click();
    const history = page.getByRole('list', { name: 'History' });
    await expect(history.getByRole('listitem')).toHaveCount(4);
    await history.getByRole('button').last().click();
    await expect(editor).toContainText('from flights where dep_delay');
    await page.screenshot({ path: info.outputPath('sql-history.png') });
    expect(await accessibilityProblems(page)).toEqual([]);
  });
});

test('SQL: the number of a line stands beside it, also where the editor is below the window', async ({
  page,
  seeded,
}) => {
  // The editor measures itself once it is looked at; a picture of the whole page shows it before.
  await page.setViewportSize({ width: 390, height: 150 });
  await open(seeded, page, '/sql?q=select+1');
  const top = (part: string) =>
    page.locator(part).evaluate((drawn) => drawn.getBoundingClientRect().top);
  expect(await top('.cm-line')).toBeGreaterThan(150);
  expect(await top('.cm-lineNumbers .cm-gutterElement:last-child')).toBe(await top('.cm-line'));
});
