// How far a load has come, in words.
import type { Load } from '@/api/types';
import { formatCount, formatNumber } from '@/lib/format';

/** Of a load that the server has not told of yet, nothing was read. */
export function loadWords({
  rows = 0,
  rejected = 0,
  bytes_read = 0,
  bytes_total = 0,
}: Partial<Load> = {}): string {
  return [
    formatCount(rows, 'row'),
    rejected > 0 && `${formatNumber(rejected, 'integer')} rejected`,
    // 0 is told while nobody knows it.
    bytes_total > 0 &&
      `${formatNumber(bytes_read, 'bytes')} of ${formatNumber(bytes_total, 'bytes')}`,
  ]
    .filter(Boolean)
    .join(', ');
}
