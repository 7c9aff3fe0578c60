// Rejected rows as a CSV file (RFC 4180), written as the server writes one: a text that a spreadsheet would run as a
// formula gets an apostrophe before it. Pure.
import type { RejectedRow } from '@/api/types';

const columns = ['load_id', 'line', 'column', 'value', 'reason', 'raw'] as const;

function quoted(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function rejectsCsv(items: readonly RejectedRow[]): string {
  const rows = items.map((item) =>
    columns
      .map((column) => {
        const value = item[column];
        return value === null ? '' : typeof value === 'number' ? String(value) : quoted(value);
      })
      .join(','),
  );
  return [columns.join(','), ...rows].map((row) => `${row}\r\n`).join('');
}
