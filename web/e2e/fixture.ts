// What every browser test gets: a server, and a page that may not complain, be complained about, or
// talk to anybody but that server.
import { test as base } from '@playwright/test';
import type { Page } from '@playwright/test';
import { Api } from './api';
import { startServer } from './running-server';
import type { RunningServer } from './running-server';

export interface Seeded {
  server: RunningServer;
  api: Api;
  /** Path of the generated dashboard of the flights. */
  dashboard: string;
}

/** Collects what must not happen on a page. */
export function watch(page: Page, origin: string): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(`console ${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('request', (request) => {
    const url = new URL(request.url());
    const ours = url.origin === origin || ['data:', 'blob:'].includes(url.protocol);
    if (!ours) complaints.push(`foreign request: ${request.url()}`);
  });
  page.on('websocket', (socket) => {
    if (new URL(socket.url()).host !== new URL(origin).host)
      complaints.push(`foreign socket: ${socket.url()}`);
  });
  return complaints;
}

/** Content that the security policy refused is a console message in Chromium; this also names the rule. */
async function reportPolicy(page: Page, complaints: string[]): Promise<void> {
  await page.exposeFunction('tidemillPolicyReport', (rule: string) =>
    complaints.push(`policy: ${rule}`),
  );
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      const report = (window as unknown as Record<string, (rule: string) => void>)[
        'tidemillPolicyReport'
      ];
      report?.(`${event.violatedDirective} ${event.blockedURI}`);
    });
  });
}

interface TestFixtures {
  /** A server on which nobody has set anything up. */
  freshServer: RunningServer;
  /** Makes a page strict; what it complains of fails the test at its end. */
  strict: (page: Page, server: RunningServer) => Promise<void>;
}

interface WorkerFixtures {
  /** A server with the flights and their generated dashboard, shared by the tests of a project. */
  seeded: Seeded;
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  // Playwright wants a pattern as first parameter, also where a fixture needs no other.
  // eslint-disable-next-line no-empty-pattern
  freshServer: async ({}, provide) => {
    const server = await startServer();
    await provide(server);
    await server.stop();
  },
  // eslint-disable-next-line no-empty-pattern
  strict: async ({}, provide) => {
    const all: string[][] = [];
    await provide(async (page, server) => {
      const complaints = watch(page, server.url);
      all.push(complaints);
      await reportPolicy(page, complaints);
    });
    const found = all.flat();
    if (found.length > 0) throw new Error(`the page complained:\n${found.join('\n')}`);
  },
  seeded: [
    // eslint-disable-next-line no-empty-pattern
    async ({}, provide) => {
      const server = await startServer();
      try {
        const api = await Api.setUp(server.url, server.setupCode);
        await api.loadFlights();
        await provide({ server, api, dashboard: `/dashboards/${await api.generateDashboard()}` });
      } finally {
        await server.stop();
      }
    },
    { scope: 'worker', timeout: 120_000 },
  ],
});

export { expect } from '@playwright/test';
