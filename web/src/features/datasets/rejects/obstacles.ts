// Why rejected rows cannot be corrected here: what is corrected is added to what is there, also where the load that rejected
// it replaced rows. Pure.
import type { RejectedRow, VersionOperation } from '@/api/types';
import type { PastLoad } from '../loads/load-history';

/** `waiting`: what there is to know is on its way. */
export type Obstacle = 'waiting' | 'replacement' | 'unknown';

/** What made the versions of the loads, by load; undefined while it is not known. */
export type Known = ReadonlyMap<string, VersionOperation> | undefined;

export const operationsOf = (loads: readonly PastLoad[]): Map<string, VersionOperation> =>
  new Map(loads.map(({ load_id, operation }) => [load_id, operation]));

export function obstacleTo(
  { load_id }: Pick<RejectedRow, 'load_id'>,
  operations: Known,
): Obstacle | null {
  if (operations === undefined) return 'waiting';
  const operation = operations.get(load_id);
  if (operation === undefined) return 'unknown';
  return operation === 'replacement' ? 'replacement' : null;
}

/** One sentence each; nothing while it is not known. */
export const obstacleText: Record<Obstacle, string | null> = {
  waiting: null,
  replacement:
    'Rows of a load that replaced others are not corrected here, because they would be added and replace nothing: correct the file and load it again.',
  unknown:
    'Rows of a load that is not among the versions listed here are not corrected here, because it may have replaced others.',
};

/** What stands in the way of some of them, each once. */
export const obstaclesTo = (
  rejects: readonly Pick<RejectedRow, 'load_id'>[],
  known: Known,
): Set<Obstacle | null> => new Set(rejects.map((reject) => obstacleTo(reject, known)));
