// The HTTP API as tests use it: to prepare what a test is not about, and to act as a second program.
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

export interface Account {
  email: string;
  password: string;
}

export const owner = {
  organisation: 'Acme Air',
  name: 'Ada Lovelace',
  email: 'ada@acme.example',
  password: 'a calm and early morning',
};

export const flightsFile = new URL('../../examples/data/flights.csv.gz', import.meta.url);

const loadMs = 60_000;

export class Api {
  private constructor(
    private readonly origin: string,
    private readonly token: string,
  ) {}

  /** For programs that do not use this class. */
  get accessToken(): string {
    return this.token;
  }

  static async signIn(origin: string, account: Account): Promise<Api> {
    return Api.session(origin, '/session', { email: account.email, password: account.password });
  }

  static async setUp(origin: string, code: string): Promise<Api> {
    const tenant = { slug: 'acme_air', name: owner.organisation };
    const { name, email, password } = owner;
    return Api.session(origin, '/setup', { code, tenant, owner: { name, email, password } });
  }

  private static async session(origin: string, route: string, body: unknown): Promise<Api> {
    const answer = await fetch(`${origin}/api/v1${route}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${route}: ${answer.status} ${await answer.text()}`);
    const { access_token: token } = (await answer.json()) as { access_token: string };
    return new Api(origin, token);
  }

  async send(
    method: string,
    route: string,
    body?: BodyInit,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    return fetch(`${this.origin}/api/v1${route}`, {
      method,
      headers: { authorization: `Bearer ${this.token}`, ...headers },
      ...(body === undefined ? {} : { body }),
    });
  }

  async json<T>(method: string, route: string, body?: unknown): Promise<T> {
    const sent = body === undefined ? undefined : JSON.stringify(body);
    const answer = await this.send(method, route, sent, { 'content-type': 'application/json' });
    if (!answer.ok) throw new Error(`${method} ${route}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  /** Rows that another program sends, as they happen. */
  async push(dataset: string, rows: object[]): Promise<void> {
    const body = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    const answer = await this.send('POST', `/datasets/${dataset}/rows`, body, {
      'content-type': 'application/x-ndjson',
    });
    if (!answer.ok) throw new Error(`push: ${answer.status} ${await answer.text()}`);
  }

  /** Uploads and loads the flights; answers when they can be asked. */
  async loadFlights(): Promise<void> {
    await this.load(new Blob([new Uint8Array(await readFile(flightsFile))]), 'flights.csv.gz', {
      dataset: 'flights',
      label: 'Flights',
      mode: 'create',
      types: {},
      time_column: 'time_hour',
    });
  }

  /** Uploads a file and loads it as ordered. */
  async load(file: Blob, fileName: string, order: object): Promise<void> {
    const form = new FormData();
    form.append('file', file, fileName);
    const sent = await this.send('POST', '/uploads', form);
    if (!sent.ok) throw new Error(`upload: ${sent.status} ${await sent.text()}`);
    const { upload_id } = (await sent.json()) as { upload_id: string };
    let load = await this.json<{ id: string; state: string; problem: unknown }>('POST', '/loads', {
      upload_id,
      ...order,
    });
    const deadline = Date.now() + loadMs;
    while (load.state === 'running') {
      if (Date.now() > deadline) throw new Error(`the load runs for more than ${loadMs} ms`);
      await pause(100);
      load = await this.json('GET', `/loads/${load.id}`);
    }
    if (load.state !== 'done')
      throw new Error(`the load ended as ${load.state}: ${JSON.stringify(load.problem)}`);
  }

  async generateDashboard(): Promise<string> {
    return (await this.json<{ id: string }>('POST', '/dashboards/generate', { dataset: 'flights' }))
      .id;
  }
}
