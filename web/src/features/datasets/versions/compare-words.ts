// Two versions in the address, and what lies between them in words. Pure.
import type { DatasetChanges, VersionOperation } from '@/api/types';
import { formatCount } from '@/lib/format';

/** The older and the newer one; null where none is chosen. */
export interface Pair {
  from: number;
  to: number;
}

export function readPair(params: URLSearchParams, latest: number): Pair | null {
  const read = (name: string): number | null => {
    const text = params.get(name);
    return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;
  };
  const from = read('from');
  if (from === null) return null;
  const to = read('to') ?? latest;
  return from <= to ? { from, to } : { from: to, to: from };
}

const counted: Record<VersionOperation, [string, string]> = {
  load: ['commit of loads', 'commits of loads'],
  replacement: ['replacement', 'replacements'],
  compaction: ['compaction', 'compactions'],
  deletion: ['deletion', 'deletions'],
  erasure: ['erasure', 'erasures'],
  retention: ['retention', 'retentions'],
  settings: ['change of settings', 'changes of settings'],
  other: ['change by another engine', 'changes by another engine'],
};

/** `3 commits of loads, 1 compaction`, in the order of their names above. */
export function commitsInWords(commits: readonly { operation: VersionOperation }[]): string {
  const found = (Object.keys(counted) as VersionOperation[]).flatMap((operation) => {
    const count = commits.filter((commit) => commit.operation === operation).length;
    return count === 0 ? [] : [formatCount(count, ...counted[operation])];
  });
  return found.length === 0 ? 'nothing' : found.join(', ');
}

/** Rows of the newer version less those of the older one; null where a commit does not say. */
export const difference = ({ rows_added, rows_removed }: DatasetChanges): number | null =>
  rows_removed === null ? null : rows_added - rows_removed;
