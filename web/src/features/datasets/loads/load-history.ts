// The loads of a dataset, read from its versions: each commit names the loads that it made visible. Pure.
import type { DatasetVersion, VersionLoad, VersionOperation } from '@/api/types';
import { correctedLine } from '@/lib/version-words';

export interface PastLoad extends VersionLoad {
  version: number;
  committed_at: string;
  operation: VersionOperation;
}

/** Newest first, as the versions are. */
export const loadsOf = (versions: readonly DatasetVersion[]): PastLoad[] =>
  versions.flatMap(({ version, committed_at, operation, loads }) =>
    loads.map((load) => ({ ...load, version, committed_at, operation })),
  );

/** Loads that left rows behind, for choosing among them. */
export const withRejects = (loads: readonly PastLoad[]): PastLoad[] =>
  loads.filter((load) => load.rejected > 0);

/** Which lines of which load have been corrected since, by what the corrections were loaded under. */
export function correctedLines(loads: readonly PastLoad[]): ReadonlyMap<string, Set<number>> {
  const found = new Map<string, Set<number>>();
  for (const { idempotency_key: key, rows } of loads) {
    const line = correctedLine(key);
    const loadId = key?.split('.')[1];
    if (rows === 0 || line === null || loadId === undefined) continue;
    found.set(loadId, (found.get(loadId) ?? new Set()).add(line));
  }
  return found;
}
