// What is not as it was in the load before, in words. Pure.
import type { Cell, Drift, LoadProfile } from '@/api/types';

const grew = ({ before, now }: { before: Cell; now: Cell }): boolean =>
  Number(now) > Number(before);

/** In a few words, without the column: `Fewer missing`; several frequent values are told together. */
export function driftName(drift: Drift, count = 1): string {
  switch (drift.kind) {
    case 'rows':
      return grew(drift) ? 'More rows' : 'Fewer rows';
    case 'nulls':
      return grew(drift) ? 'More missing' : 'Fewer missing';
    case 'distinct':
      if (drift.message.endsWith('before all were')) return 'Values repeat';
      return grew(drift) ? 'More distinct values' : 'Fewer distinct values';
    case 'range':
      return 'Outside the former range';
    case 'new_category':
      return count === 1 ? 'A frequent value is new' : `${count} frequent values are new`;
    case 'missing_category':
      return count === 1 ? 'A frequent value is gone' : `${count} frequent values are gone`;
    case 'distribution':
      return 'Distributed otherwise';
    default:
      // A newer server may know others.
      return 'Not as before';
  }
}

/** `dep_delay: more missing` */
export function driftLabel(drift: Drift, count = 1): string {
  const name = driftName(drift, count);
  if (!drift.column) return name;
  return `${drift.column}: ${name.charAt(0).toLowerCase()}${name.slice(1)}`;
}

/** The server's sentence without its column, which it writes in quotes. */
export function driftSentence({ column, message }: Drift): string {
  const quoted = column ? `${JSON.stringify(column)}: ` : '';
  const said = quoted !== '' && message.startsWith(quoted) ? message.slice(quoted.length) : message;
  return said.charAt(0).toUpperCase() + said.slice(1);
}

/** Warnings first, otherwise as they came. */
export const bySeverity = (drift: readonly Drift[]): Drift[] => [
  ...drift.filter(({ severity }) => severity === 'warning'),
  ...drift.filter(({ severity }) => severity !== 'warning'),
];

export interface Finding {
  /** The strongest of them. */
  drift: Drift;
  count: number;
}

/** What is told in the same words is told once. */
export function findingsOf(drift: readonly Drift[]): Finding[] {
  const found = new Map<string, Finding>();
  for (const one of bySeverity(drift)) {
    const key = `${one.kind} ${one.column ?? ''}`;
    const before = found.get(key);
    found.set(key, before ? { ...before, count: before.count + 1 } : { drift: one, count: 1 });
  }
  return [...found.values()];
}

export const findingsOfColumn = (
  { drift }: Pick<LoadProfile, 'drift'>,
  column: string,
): Finding[] => findingsOf(drift.filter((one) => one.column === column));
