// The loads of a dataset, read from its versions: each commit names the loads that it made visible. Pure.
import type { DatasetVersion, VersionLoad, VersionOperation } from '@/api/types';

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

const tab = (dataset: string, key: string, loadId: string): string =>
  `/datasets/${encodeURIComponent(dataset)}?tab=${key}&load=${encodeURIComponent(loadId)}`;

export const loadPath = (dataset: string, loadId: string): string => tab(dataset, 'loads', loadId);

export const rejectsPath = (dataset: string, loadId: string): string =>
  tab(dataset, 'rejected', loadId);
