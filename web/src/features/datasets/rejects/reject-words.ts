// What was wrong with a row, in one sentence. Pure.
import type { ContractRule, RejectedRow } from '@/api/types';
import { columnsOf, ruleText } from '../contract/rule-words';

/** `dep_delay is “late”: not a decimal number` */
export function faultText({ column, value, reason }: RejectedRow): string {
  if (column === null) return reason.charAt(0).toUpperCase() + reason.slice(1);
  return value === null ? `${column}: ${reason}` : `${column} is \u201c${value}\u201d: ${reason}`;
}

/** The beginning of a row, which may be as long as a book. */
export const beginning = (raw: string): string =>
  raw.length > 2_000 ? `${raw.slice(0, 2_000)}\u2026` : raw;

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

/**
 * The rule that it broke, by its number; null where it broke none. The contract may have been changed since, so that words
 * are those of now, and there are none where that rule is about other columns.
 */
export function brokenRule(
  { rule, column }: Pick<RejectedRow, 'rule' | 'column'>,
  rules: readonly ContractRule[] | undefined,
): string | null {
  if (rule === null || rule === undefined) return null;
  const now = rules?.[rule - 1];
  return now !== undefined && columnsOf(now).join(', ') === column
    ? `Rule ${rule}, now: ${ruleText(now)}`
    : `Rule ${rule} of the contract as it was then`;
}
