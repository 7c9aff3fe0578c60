// The real binary, started for a test on a free port with a folder of its own, and ended with it.
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const startMs = 30_000;
const stopMs = 10_000;

export interface RunningServer {
  /** Origin, without a slash at the end. */
  url: string;
  /** What the owner needs to set the server up. */
  setupCode: string;
  /** Runs `tidemill admin` beside the server and gives what it printed. */
  admin: (...args: string[]) => Promise<string>;
  stop: () => Promise<void>;
}

function binary(): string {
  const found = process.env.TIDEMILL_BIN;
  if (!found)
    throw new Error('TIDEMILL_BIN must name the binary; `cargo xtask test --only e2e` sets it');
  return found;
}

/** Without our own variables: the server takes every TIDEMILL_* for a setting, and refuses those it does not know. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith('TIDEMILL_')),
);

/** The address and the code, as the first start prints them. */
const greeting = /http:\/\/[\w.]+:(\d+)\/\S* and set up with the code (\S+)/;

function firstWords(server: ChildProcess): Promise<{ port: string; setupCode: string }> {
  return new Promise((resolve, reject) => {
    let said = '';
    const giveUp = setTimeout(
      () => reject(new Error(`no greeting within ${startMs} ms:\n${said}`)),
      startMs,
    );
    const listen = (chunk: Buffer) => {
      said += chunk.toString();
      const found = greeting.exec(said);
      if (!found) return;
      clearTimeout(giveUp);
      resolve({ port: found[1] ?? '', setupCode: found[2] ?? '' });
    };
    // Both are read to the end, or a chatty server would stand still.
    server.stdout?.on('data', listen);
    server.stderr?.on('data', listen);
    server.once('exit', (code) => {
      clearTimeout(giveUp);
      reject(new Error(`the server ended with ${code}:\n${said}`));
    });
  });
}

export async function startServer(): Promise<RunningServer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemill-e2e-'));
  const server = spawn(binary(), ['serve', '--data-dir', folder, '--address', '127.0.0.1:0'], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  const stop = async () => {
    server.kill('SIGTERM');
    const slow = setTimeout(() => server.kill('SIGKILL'), stopMs);
    await ended;
    clearTimeout(slow);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const { port, setupCode } = await firstWords(server);
    return {
      url: `http://localhost:${port}`,
      setupCode,
      admin: async (...args) => {
        const run = promisify(execFile);
        return (await run(binary(), ['admin', '--data-dir', folder, ...args], { env: environment }))
          .stdout;
      },
      stop,
    };
  } catch (error) {
    server.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}
