// What a version of a dataset was made by, in words: for lists of versions, wherever they stand.
import type { DatasetVersion, VersionOperation } from '@/api/types';
import { formatCount, formatNumber } from '@/lib/format';

const operations: Record<VersionOperation, string> = {
  load: 'Load',
  replacement: 'Replacement',
  compaction: 'Compaction',
  deletion: 'Deletion',
  erasure: 'Erasure',
  retention: 'Retention',
  settings: 'Settings changed',
  other: 'Changed by another engine',
};

const meanings: Partial<Record<VersionOperation, string>> = {
  compaction: 'small segments were merged; the rows are the same',
  deletion: 'rows were deleted; older versions have them',
  erasure: 'rows were erased from every version',
  retention: 'rows went that are older than the dataset keeps them',
  settings: 'how long rows and versions are kept',
};

export const operationName = (operation: VersionOperation): string => operations[operation];

/** Rows that were rejected and corrected come without a file; the engine gives them this name. */
const corrected = /^corrected rows of [0-9a-f-]{36}\.ndjson$/;

export function sourceName({ source }: { source: string }): string {
  if (corrected.test(source)) return 'Corrected rows';
  // So do rows that programs push.
  return source === 'rows.json' ? 'Pushed rows' : source;
}

/** Where the rows came from, or what the commit meant. */
export function versionDetail(version: DatasetVersion): string {
  const [first, ...rest] = version.loads;
  if (first === undefined) return meanings[version.operation] ?? '';
  const names = [...new Set(version.loads.map(sourceName))];
  const named = names.slice(0, 2).join(', ');
  return rest.length === 0
    ? named
    : `${formatCount(version.loads.length, 'load')}: ${named}${names.length > 2 ? ', \u2026' : ''}`;
}

const signed = (count: number, sign: string): string =>
  count === 0 ? '0' : `${sign}${formatNumber(count, 'integer')}`;

export const rowsAdded = (version: Pick<DatasetVersion, 'rows_added'>): string =>
  signed(version.rows_added, '+');

export const rowsRemoved = (version: Pick<DatasetVersion, 'rows_removed'>): string =>
  version.rows_removed === null ? 'not known' : signed(version.rows_removed, '\u2212');

/** Both, as one short text: `+12 −3 rows`, `no row changed`. */
export function rowChange(version: Pick<DatasetVersion, 'rows_added' | 'rows_removed'>): string {
  if (version.rows_added === 0 && version.rows_removed === 0) return 'no row changed';
  const removed = version.rows_removed ?? 0;
  const parts = [
    version.rows_added > 0 ? rowsAdded(version) : null,
    removed > 0 ? rowsRemoved(version) : null,
  ].filter((part) => part !== null);
  const known = `${parts.join(' ')} ${(removed || version.rows_added) === 1 ? 'row' : 'rows'}`;
  if (version.rows_removed !== null) return known;
  return parts.length === 0 ? 'rows may have gone' : `${known}, and others may have gone`;
}
