// What access policies did to an answer, in words: which of them restrict it, and why nothing of it is seen. Pure.
import type { AppliedAccess, Provenance, QueryResult } from '@/api/types';

/** As a sentence of its own. */
function sentence(words: string): string {
  const text = words.trim();
  const ended = /[.!?]$/.test(text) ? text : `${text}.`;
  return ended.charAt(0).toUpperCase() + ended.slice(1);
}

/** Why no row of a dataset is seen; null where some are, or may be. */
export const reasonOf = (use: AppliedAccess): string | null =>
  use.no_rows ? sentence(use.no_rows) : null;

/**
 * Why there is nothing in an answer: no row may be seen of what was asked. Also where the answer itself has a row, as a
 * count of nothing has. null: there is something, or another reason.
 */
export function nothingSeen({ provenance, row_count: rows }: QueryResult): string | null {
  const { access = [], dataset } = provenance;
  const reasons = access
    .filter((use) => rows === 0 || use.dataset === dataset)
    .flatMap((use) => reasonOf(use) ?? []);
  return reasons.length === 0 ? null : [...new Set(reasons)].join(' ');
}

/** "Restricted by access policy sales_by_country"; null where everything is seen. */
export function restrictedBy({ access = [] }: Provenance): string | null {
  if (access.length === 0) return null;
  const names = [...new Set(access.flatMap(({ policies }) => policies))];
  if (names.length === 0) return 'Restricted by access policies';
  return `Restricted by access ${names.length === 1 ? 'policy' : 'policies'} ${names.join(', ')}`;
}
