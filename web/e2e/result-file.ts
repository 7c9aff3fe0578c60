// Writes benches/results/<scenario>.json in the form that benches/src/report.rs gives it.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

export interface ResultRow {
  workload: string;
  unit: string;
  /** The median; `min` and `max` are of the same runs. */
  ours: number;
  min: number;
  max: number;
  peers: Record<string, number>;
  target: string;
  holds: boolean;
}

export interface Result {
  scenario: string;
  data: object;
  command: string;
  notes: string[];
  rows: ResultRow[];
}

function machine(): object {
  const loads = readFileSync('/proc/loadavg', 'utf8');
  return {
    processor: os.cpus()[0]?.model ?? null,
    cores: os.availableParallelism(),
    memory_gib: Math.floor(os.totalmem() / 2 ** 30),
    system: `${os.platform()} ${os.arch() === 'x64' ? 'x86_64' : os.arch()}`,
    load_average_at_start: Number(loads.split(' ')[0]),
  };
}

/** The commit of the checkout, with a mark when files differ from it. */
function commit(): string {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
  try {
    const changed = git('status', '--porcelain', '--', '.', ':(exclude)benches/results') !== '';
    return `${git('rev-parse', 'HEAD')}${changed ? ' with changes' : ''}`;
  } catch {
    return 'none';
  }
}

/** Taken before the runs, so that the load is that of the machine and not ours. */
export function beginResult(): (result: Result) => void {
  const where = machine();
  return ({ scenario, data, command, notes, rows }) => {
    const content = { scenario, commit: commit(), machine: where, data, command, notes, rows };
    const path = `${root}benches/results/${scenario}.json`;
    writeFileSync(path, `${JSON.stringify(content, null, 2)}\n`);
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
