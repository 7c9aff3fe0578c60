// What upkeep does, in words. Pure.
import type { Chore, UpkeepRecord } from '@/api/types';
import { formatCount, formatNumber } from '@/lib/format';

const chores: Record<Chore, string> = {
  retention: 'Deleting old rows',
  compaction: 'Merging small segments',
  checkpoint: 'Writing down the log',
  vacuum: 'Removing unneeded data',
};

export const choreName = (chore: Chore): string => chores[chore];

const objects: Record<Chore, [string, string]> = {
  retention: ['segment', 'segments'],
  compaction: ['segment less', 'segments less'],
  checkpoint: ['old entry removed', 'old entries removed'],
  vacuum: ['object', 'objects'],
};

/** `12 segments, 3,400 rows, 1.2 MB`; what is zero is left out. */
export function doneText(record: UpkeepRecord): string {
  const parts = [
    record.objects > 0 ? formatCount(record.objects, ...objects[record.chore]) : null,
    record.rows > 0 ? formatCount(record.rows, 'row') : null,
    record.bytes > 0 ? formatNumber(record.bytes, 'bytes') : null,
  ].filter(Boolean);
  return parts.length === 0 ? 'nothing to do' : parts.join(', ');
}

/** Failures first, because they wait for somebody; otherwise as they come, newest first. */
export const inOrder = (records: readonly UpkeepRecord[]): UpkeepRecord[] => [
  ...records.filter((record) => record.error !== null),
  ...records.filter((record) => record.error === null),
];
