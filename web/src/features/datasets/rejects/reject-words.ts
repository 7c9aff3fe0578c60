// What was wrong with a row, in one sentence. Pure.
import type { RejectedRow } from '@/api/types';

/** `dep_delay is “late”: not a decimal number` */
export function faultText({ column, value, reason }: RejectedRow): string {
  if (column === null) return reason.charAt(0).toUpperCase() + reason.slice(1);
  return value === null ? `${column}: ${reason}` : `${column} is \u201c${value}\u201d: ${reason}`;
}

/** Other rows that the same correction may help. */
export const alikeOf = (reject: RejectedRow, items: readonly RejectedRow[]): RejectedRow[] =>
  reject.column === null || reject.value === null
    ? []
    : items.filter(
        (other) =>
          other !== reject &&
          other.load_id === reject.load_id &&
          other.column === reject.column &&
          other.value === reject.value &&
          other.reason === reject.reason,
      );
