// What keeps a dashboard quick to open, counted and not timed: after signing in only data is asked for, and what the
// build has packed is not packed again for every visitor.
import { owner } from './api';
import { expect, test } from './fixture';
import { signIn, untilReady } from './on-screen';

// One a card, and one more for each of the four numbers: the period before.
const QUERIES = 12 + 4;

test.skip(
  ({ isMobile, colorScheme }) => isMobile || colorScheme === 'dark',
  'one screen is enough',
);

test('the sign-in page has fetched all code that the dashboard needs', async ({
  page,
  seeded,
  strict,
}) => {
  await strict(page, seeded.server);
  await page.goto(`${seeded.server.url}/sign-in?next=${encodeURIComponent(seeded.dashboard)}`);
  // As long as it takes to type a password, but counted in requests.
  await page.waitForLoadState('networkidle');
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await signIn(page, owner);
  await expect(page.locator('[data-widget-id][data-state="ready"]')).toHaveCount(12);
  await untilReady(page);
  expect(asked.filter((path) => path.startsWith('/assets/'))).toEqual([]);
  expect(asked.filter((path) => path === '/api/v1/queries')).toHaveLength(QUERIES);
});

test('code comes packed from the build', async ({ seeded }) => {
  const html = await (await fetch(seeded.server.url)).text();
  const entry = /src="(\/assets\/[^"]+\.js)"/.exec(html)?.[1];
  expect(entry).toBeDefined();
  for (const encoding of ['br', 'gzip']) {
    const answer = await fetch(`${seeded.server.url}${entry}`, {
      headers: { 'accept-encoding': encoding },
    });
    expect(answer.headers.get('content-encoding')).toBe(encoding);
    // What is packed while it is sent has no length yet.
    expect(Number(answer.headers.get('content-length'))).toBeGreaterThan(0);
    expect(await answer.text()).toContain('import');
  }
});
