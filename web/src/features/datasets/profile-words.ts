// How the mean of a column is written. Pure.
import { formatNumber } from '@/lib/format';

/** As the column's values are, except that whole numbers have a mean that is none. */
export function meanText(mean: number, format: string | null): string {
  if (format === null || !/^integer$|^[^a-z]*d$|\.0~?f$/.test(format))
    return formatNumber(mean, format);
  // Years have no separators, and no mean of small numbers needs any.
  const bare = format !== 'integer' && !format.includes(',') && Math.abs(mean) >= 1_000;
  return formatNumber(mean, bare ? '.2~f' : 'number');
}
