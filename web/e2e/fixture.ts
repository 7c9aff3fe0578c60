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

const header =
  'year,month,day,dep_time,sched_dep_time,dep_delay,arr_time,sched_arr_time,arr_delay,carrier,flight,tailnum,origin,dest,air_time,distance,hour,minute,time_hour';
const late = [
  '2013,12,31,905,900,late,1102,1100,2,UA,1714,N24211,EWR,ORD,118,719,9,0,2013-12-31T14:00:00Z',
  '2013,12,31,1105,1100,late,1337,1330,7,DL,461,N668DN,LGA,ATL,132,762,11,0,2013-12-31T16:00:00Z',
  '2013,12,31,1205,1200,1,1437,1430,7,DL,461,N668DN,LGA,ATL,132,762,12,0,31.12.2013',
];
const onTime = Array.from(
  { length: 97 },
  (_, row) =>
    `2013,12,31,804,800,4,1002,1000,2,UA,${1000 + row},N14228,EWR,ORD,118,719,8,0,2013-12-31T13:00:00Z`,
);

/** A file that came after the flights, with rows that do not fit in its lines 2 to 4. */
export const lateFile = {
  name: 'late.csv',
  rows: onTime.length,
  rejected: late.length,
  text: [header, ...late, ...onTime, ''].join('\n'),
};

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

async function seed(server: RunningServer): Promise<Seeded> {
  const api = await Api.setUp(server.url, server.setupCode);
  await api.loadFlights();
  return { server, api, dashboard: `/dashboards/${await api.generateDashboard()}` };
}

async function addHistory(api: Api): Promise<void> {
  const flight = { carrier: 'UA', origin: 'EWR', dest: 'ORD', time_hour: '2013-12-31T12:00:00Z' };
  await api.push('flights', [flight, flight, flight]);
  const file = new Blob([lateFile.text]);
  await api.load(file, lateFile.name, { dataset: 'flights', mode: 'append' });
}

interface WorkerFixtures {
  /** A server with the flights and their generated dashboard, shared by the tests of a project. */
  seeded: Seeded;
  /** The same with more of a history; see `lateFile`. */
  aged: Seeded;
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
        await provide(await seed(server));
      } finally {
        await server.stop();
      }
    },
    { scope: 'worker', timeout: 120_000 },
  ],
  aged: [
    // eslint-disable-next-line no-empty-pattern
    async ({}, provide) => {
      const server = await startServer();
      try {
        const seeded = await seed(server);
        await addHistory(seeded.api);
        await provide(seeded);
      } finally {
        await server.stop();
      }
    },
    { scope: 'worker', timeout: 120_000 },
  ],
});

export { expect } from '@playwright/test';
