// An answer as CSV with what all other values make together. A last column says which rows these are, so that a value that is
// called "Other" is never taken for them. Written as the server writes CSV. Pure.
import type { Cell, QueryResult } from './types';
import { OTHER_LABEL, withOthers } from '@/lib/others';

/** Text that a spreadsheet would run is no formula with an apostrophe before it. */
function field(value: Cell): string {
  if (value === null) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const plain = typeof value === 'string' ? value : JSON.stringify(value);
  const text = /^[=+\-@\t\r]/.test(plain) ? `'${plain}` : plain;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function csvWithOthers(result: QueryResult): string {
  const { data, rowCount, from, column } = withOthers(result);
  const lines = [[...result.columns.map(({ name }) => field(name)), 'is_other'].join(',')];
  for (let row = 0; row < rowCount; row += 1) {
    const isOther = row >= from;
    const values = data.map((all, at) =>
      isOther && at === column ? OTHER_LABEL : field(all[row] ?? null),
    );
    lines.push([...values, String(isOther)].join(','));
  }
  return `${lines.join('\r\n')}\r\n`;
}
