// The values that a list offers, from the API that lists them, or counted by a question where that does not.
import { useMemo } from 'react';
import type { AsOf, Cell, Model, Problem } from '@/api/types';
import { useQueryResult } from '@/api/use-query-result';
import { useValues } from '@/api/use-values';
import { nothingSeen } from '@/lib/access-words';
import { COUNTED_VALUES, countedValues, listedBy } from './asked-values';
import type { ListedDimension } from './asked-values';

export interface FoundValues {
  values: readonly Cell[];
  /** How many rows have each, where that was counted. */
  counts: readonly Cell[];
  /** There are others: of a list the next page, of what was counted those that are searched for. */
  more: 'page' | 'search' | null;
  readOn: () => void;
  /** After a problem. */
  retry: () => void;
  pending: boolean;
  problem: Problem | null;
  /** Why nothing is seen, where that is why there is nothing. */
  hidden: string | null;
}

export function useFoundValues(
  choice: ListedDimension,
  models: readonly Model[],
  asOf: AsOf | null,
  search: string,
): FoundValues {
  const asked = listedBy(choice, models, asOf, search);
  const list = useValues(asked);
  // A list does not say why nothing is in it; a question does.
  const unexplained = list.current && list.values.length === 0 && list.problem === null;
  // Nor is anything found in what nobody may see: whatever is searched, the question is about all values, and asked once.
  const counted = asked === null ? search : unexplained ? '' : null;
  const query = useMemo(
    () => (counted === null ? null : countedValues(choice, models, asOf, counted)),
    [counted, choice, models, asOf],
  );
  const answer = useQueryResult(query, query !== null);
  const result = answer.stored?.result ?? null;
  const hidden = query !== null && result !== null ? nothingSeen(result) : null;
  if (asked !== null) {
    const { values, more, readOn, problem } = list;
    const pending = list.pending || (query !== null && answer.pending);
    return {
      values,
      counts: [],
      more: more ? 'page' : null,
      readOn,
      retry: readOn,
      pending,
      problem,
      hidden,
    };
  }
  const found = result?.data[0] ?? [];
  return {
    values: found.slice(0, COUNTED_VALUES),
    counts: result?.data[1] ?? [],
    more: found.length > COUNTED_VALUES ? 'search' : null,
    readOn: () => undefined,
    retry: answer.refetch,
    pending: answer.pending,
    problem: answer.problem,
    hidden,
  };
}
