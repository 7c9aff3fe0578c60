// What upkeep does, in words. Pure.
import type { Chore, DatasetJob, UpkeepRecord } from '@/api/types';
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
export function doneText(
  record: Pick<UpkeepRecord, 'chore' | 'objects' | 'rows' | 'bytes'>,
): string {
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

const works: Record<DatasetJob['work'], string> = {
  deletion: 'Deleting rows',
  erasure: 'Erasing rows',
  compaction: chores.compaction,
  vacuum: chores.vacuum,
};

export const workName = (work: DatasetJob['work']): string => works[work];

/** How ordered work stands. */
export function jobText({ state, work, report, problem }: DatasetJob): string {
  if (state === 'running') return 'runs\u2026';
  if (state === 'cancelled') return 'cancelled; what was done by then stays';
  if (state === 'failed') return problem?.detail ?? problem?.title ?? 'failed';
  if (report === null) return 'done';
  if (work === 'compaction' || work === 'vacuum') return doneText({ ...report, chore: work });
  return formatCount(report.rows, 'row');
}
