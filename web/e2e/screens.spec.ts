// Every page on wide screens and phones, light and dark: no accessibility violation, no sideways
// scroll, nothing in the console, and a picture to look at.
import type { Page, TestInfo } from '@playwright/test';
import { owner } from './api';
import type { Api } from './api';
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
  ['model', '/models/flights'],
  ['settings', '/settings'],
  ['not-found', '/no/such/page'],
];

test('the pages of somebody who is signed in', async ({ page, seeded, strict, isMobile }, info) => {
  test.setTimeout(180_000);
  const { server } = seeded;
  await strict(page, server);
  await page.goto(`${server.url}/sign-in`);
  if (isMobile) {
    // Phones make the page larger around fields with smaller words.
    const field = page.getByRole('textbox').first();
    await expect(field).toHaveCSS('font-size', '16px');
  }
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

interface Scene {
  name: string;
  path: string;
  /** What is opened before the picture. */
  prepare?: (page: Page) => Promise<void>;
}

const press =
  (name: string | RegExp) =>
  async (page: Page): Promise<void> => {
    await page.getByRole('button', { name }).first().click();
  };

const scenes: Scene[] = [
  { name: 'versions', path: '?tab=versions' },
  { name: 'versions-compared', path: '?tab=versions&from=0' },
  { name: 'version-opened', path: '?tab=versions', prepare: press('Open version 0') },
  { name: 'rows-as-of', path: '?tab=preview&asOf=0' },
  { name: 'loads', path: '?tab=loads', prepare: press(/^Details of flights/) },
  { name: 'rejected', path: '?tab=rejected' },
  { name: 'rejected-corrected', path: '?tab=rejected', prepare: press(/^Correct line/) },
  {
    name: 'delete-rows',
    path: '',
    prepare: async (page) => {
      await press('More actions')(page);
      await page.getByRole('menuitem', { name: /^Delete rows/ }).click();
      await expect(page.getByRole('dialog', { name: /^Delete rows/ })).toBeVisible();
    },
  },
  { name: 'retention', path: '?tab=retention' },
  {
    name: 'retention-asked',
    path: '?tab=retention',
    prepare: async (page) => {
      await page.getByRole('radio', { name: 'Keep rows for a number of days' }).check();
      await page.getByLabel('Keep rows for', { exact: true }).fill('30');
      await page.getByRole('button', { name: 'Save' }).click();
      await expect(page.getByTestId('rows-to-go')).toContainText('rows have a time_hour');
    },
  },
];

/** A picture of each scene, without complaints. */
async function lookAt(page: Page, origin: string, all: Scene[], info: TestInfo): Promise<void> {
  for (const { name, path, prepare } of all) {
    await test.step(name, async () => {
      await page.goto(origin + path);
      await untilReady(page);
      await prepare?.(page);
      await untilReady(page);
      // A dialog stands still before it is looked at.
      await page.screenshot({
        path: info.outputPath(`${name}.png`),
        fullPage: prepare === undefined,
        animations: 'disabled',
      });
      expect.soft(await accessibilityProblems(page), name).toEqual([]);
      expect.soft(await hasSidewaysScroll(page), `${name} is wider than the screen`).toBe(false);
    });
  }
}

test('the history of a dataset', async ({ page, aged, strict }, info) => {
  test.setTimeout(240_000);
  const { server, dashboard } = aged;
  await strict(page, server);
  await page.goto(`${server.url}/sign-in`);
  await signIn(page, owner);
  await expect(page.getByRole('heading', { name: 'Dashboards', level: 1 })).toBeVisible();
  const made = await aged.api.json<{ items: { committed_at: string }[] }>(
    'GET',
    '/datasets/flights/versions',
  );
  const first = encodeURIComponent(made.items.at(-1)?.committed_at ?? '');
  const all: Scene[] = [
    ...scenes.map((scene) => ({ ...scene, path: `/datasets/flights${scene.path}` })),
    { name: 'dashboard-presented', path: `${dashboard}?screen=full` },
    { name: 'dashboard-as-of', path: `${dashboard}?asOf=${first}` },
    {
      name: 'time-travel',
      path: dashboard,
      prepare: async (at) => {
        await press('Time travel')(at);
        await expect(at.getByRole('group', { name: 'What happened to Flights' })).toBeVisible();
      },
    },
    { name: 'upkeep', path: '/settings' },
  ];
  await lookAt(page, server.url, all, info);
});

/** Visits with rules, steps, and a second load that is unlike the first. */
async function addVisits(api: Api): Promise<string> {
  const file = (rows: number, line: (row: number) => string): Blob =>
    new Blob([
      ['at,email,page,seconds', ...Array.from({ length: rows }, (_, row) => line(row)), ''].join(
        '\n',
      ),
    ]);
  const day = (row: number): string =>
    `2026-03-${String((row % 28) + 1).padStart(2, '0')}T08:00:00Z`;
  const pages = ['/', '/prices', '/docs'];
  const first = file(
    400,
    (row) => `${day(row)},p${row % 90}@acme.example,${pages[row % 3]},${row % 120}`,
  );
  await api.load(first, 'visits.csv', {
    dataset: 'visits',
    label: 'Visits',
    mode: 'create',
    types: {},
    time_column: 'at',
  });
  await api.json('PUT', '/datasets/visits/contract', {
    rules: [
      { check: 'required', column: 'email' },
      { check: 'range', column: 'seconds', min: 0, max: 3_600, on_violation: 'null' },
      { check: 'pattern', column: 'page', pattern: '/[a-z]*' },
    ],
  });
  await api.json('PUT', '/datasets/visits/steps', {
    steps: [
      { op: 'trim', columns: ['page'] },
      { op: 'case', columns: ['page'], to: 'lower' },
      { op: 'hash', columns: ['email'] },
    ],
  });
  const second = file(
    300,
    (row) =>
      `${day(row)},${row % 4 === 0 ? '' : 'q@acme.example'},${row === 7 ? 'home' : '/New'},${row * 40}`,
  );
  await api.load(second, 'visits-april.csv', { dataset: 'visits', mode: 'append' });
  const { items } = await api.json<{ items: { load_id: string; profiled: boolean }[] }>(
    'GET',
    '/datasets/visits/loads',
  );
  return items.find((load) => load.profiled)?.load_id ?? '';
}

test('the rules, steps and loads of a dataset', async ({ page, aged, strict }, info) => {
  test.setTimeout(240_000);
  const { server, api } = aged;
  const load = await addVisits(api);
  await strict(page, server);
  await page.goto(`${server.url}/sign-in`);
  await signIn(page, owner);
  await expect(page.getByRole('heading', { name: 'Dashboards', level: 1 })).toBeVisible();
  const visits: Scene[] = [
    { name: 'contract', path: '?tab=contract' },
    { name: 'steps', path: '?tab=steps' },
    { name: 'loads-with-drift', path: '?tab=loads' },
    { name: 'load-profile', path: `?tab=loads&load=${load}` },
    { name: 'rejected-by-rule', path: '?tab=rejected' },
  ];
  await lookAt(
    page,
    server.url,
    visits.map((scene) => ({ ...scene, path: `/datasets/visits${scene.path}` })),
    info,
  );
});

const pressAll =
  (...names: (string | RegExp)[]) =>
  async (page: Page): Promise<void> => {
    for (const name of names) await page.getByRole('button', { name }).first().click();
  };

const asking: Scene[] = [
  {
    name: 'finder',
    path: '/datasets',
    prepare: async (page) => {
      await press('Find')(page);
      await page.getByRole('combobox', { name: /^Find/ }).fill('dep delay');
      await expect(page.getByRole('option', { name: /^Average dep delay/ })).toBeVisible();
    },
  },
  { name: 'explore-empty', path: '/explore' },
  { name: 'explore-number', path: '/explore?m=count&compare=before' },
  { name: 'explore-line', path: '/explore?m=count&grain=week&compare=before' },
  { name: 'explore-bars', path: '/explore?m=count,avg_dep_delay&d=carrier&f=origin:equals:JFK' },
  { name: 'explore-across', path: '/explore?m=avg_dep_delay&d=carrier,origin&pivot=origin' },
  { name: 'explore-no-rows', path: '/explore?m=count&d=carrier&f=carrier:equals:QQ' },
  {
    name: 'explore-bad-link',
    path: '/explore?m=cout,count&grain=dayy&time=sometimes&f=x&limit=0',
  },
  {
    name: 'explore-filter',
    path: '/explore?m=count&d=carrier',
    prepare: async (page) => {
      await press('Add filter')(page);
      await expect(page.getByRole('list', { name: 'Values' })).not.toHaveAttribute(
        'aria-busy',
        'true',
      );
    },
  },
  {
    name: 'explore-time',
    path: '/explore?m=count&grain=day',
    prepare: async (page) => {
      await press(/^Last 90 days/)(page);
      await expect(page.getByRole('textbox', { name: 'Range' })).toBeVisible();
    },
  },
  {
    name: 'explore-cell',
    path: '/explore?m=count&d=carrier',
    prepare: async (page) => {
      await page.getByRole('gridcell', { name: 'UA', exact: true }).click();
    },
  },
  {
    name: 'explore-rows',
    path: '/explore?m=count&d=carrier&grain=month',
    prepare: async (page) => {
      await page.getByRole('gridcell', { name: 'DL', exact: true }).first().click();
      await page.getByRole('menuitem', { name: 'Show the rows' }).click();
      await expect(page.getByRole('dialog').getByRole('grid')).toBeVisible();
    },
  },
  {
    name: 'explore-provenance',
    path: '/explore?m=count,distinct_tailnum&d=carrier',
    prepare: pressAll(/^Where does this come from/, 'Explain the query'),
  },
  {
    name: 'explore-save',
    path: '/explore?m=count&d=carrier',
    prepare: async (page) => {
      await press('Save as widget')(page);
      await expect(page.getByRole('combobox', { name: 'Dashboard' })).not.toBeEmpty();
    },
  },
  {
    name: 'sql-empty',
    path: '/sql',
    prepare: async (page) => {
      await expect(page.getByRole('textbox', { name: 'SQL statement' })).toBeVisible();
    },
  },
  {
    name: 'sql-result',
    path: `/sql?q=${encodeURIComponent('-- who is late\nselect carrier, avg(dep_delay) as late\nfrom flights\ngroup by 1')}`,
    prepare: async (page) => {
      await press('Run')(page);
      await expect(page.getByRole('grid', { name: 'Result' })).toBeVisible();
    },
  },
  {
    name: 'sql-chart',
    path: `/sql?q=${encodeURIComponent('select carrier, avg(dep_delay) as late, sum(distance) as miles\nfrom flights\ngroup by 1')}`,
    prepare: async (page) => {
      await press('Run')(page);
      await press('View as chart')(page);
      await expect(page.getByTestId('sql-chart').getByRole('group')).toHaveCount(2);
    },
  },
  {
    name: 'sql-lineage',
    path: `/sql?q=${encodeURIComponent('select carrier, measure(count) from flights group by 1')}`,
    prepare: async (page) => {
      await press('Run')(page);
      await press('Where does this come from?')(page);
      await expect(page.getByRole('dialog')).toContainText('Where the rows came from');
    },
  },
];

test('explore and SQL', async ({ page, seeded, strict }, info) => {
  test.setTimeout(300_000);
  const { server } = seeded;
  await strict(page, server);
  await page.goto(`${server.url}/sign-in`);
  await signIn(page, owner);
  await expect(page.getByRole('heading', { name: 'Dashboards', level: 1 })).toBeVisible();
  await lookAt(page, server.url, asking, info);
  if ((page.viewportSize()?.width ?? 0) < 900) {
    const sheet: Scene = {
      name: 'explore-fields',
      path: '/explore?m=count',
      prepare: press('Fields'),
    };
    await lookAt(page, server.url, [sheet], info);
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
