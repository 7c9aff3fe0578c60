// What is not as it was in the load before, in words. Pure.
import type { Cell, Drift, LoadProfile } from '@/api/types';

const grew = ({ before, now }: { before: Cell; now: Cell }): boolean =>
  Number(now) > Number(before);

/** In a few words, without the column: `Fewer missing`. */
export function driftName(drift: Drift): string {
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
      return 'A frequent value is new';
    case 'missing_category':
      return 'A frequent value is gone';
    case 'distribution':
      return 'Distributed otherwise';
    default:
      // A newer server may know others.
      return 'Not as before';
  }
}

/** `dep_delay: more missing` */
export function driftLabel(drift: Drift): string {
  const name = driftName(drift);
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

export const driftOf = (profile: Pick<LoadProfile, 'drift'>, column: string): Drift[] =>
  bySeverity(profile.drift).filter((drift) => drift.column === column);
