// What an answer is compared with: the answer to the same question about the period before, in the state of the first. With every
// new state the question is asked again; until it is answered what is known of the one before stands, and says its own version.
import { useState } from 'react';
import { queryKey } from './query-key';
import type { StoredResult } from './result-store';
import type { Problem, SemanticQuery } from './types';
import { useQueryResult } from './use-query-result';

export interface Comparison {
  stored: StoredResult | null;
  /** Why there is none. */
  problem: Problem | null;
  retry: () => void;
}

interface Last {
  question: string;
  stored: StoredResult;
}

export function useComparison(before: SemanticQuery | null, enabled: boolean): Comparison {
  const answer = useQueryResult(before, enabled && before !== null);
  const question = before === null ? null : queryKey({ ...before, asOf: null });
  const own = before === null || answer.outdated ? null : answer.stored;
  const [last, setLast] = useState<Last | null>(null);
  if (question === null) {
    if (last !== null) setLast(null);
  } else if (own !== null && (last?.stored !== own || last.question !== question)) {
    setLast({ question, stored: own });
  }
  const kept = answer.pending && last?.question === question ? (last?.stored ?? null) : null;
  const { problem, pending, refetch } = answer;
  const failed = before !== null && own === null && !pending && problem?.code !== 'aborted';
  return { stored: own ?? kept, problem: failed ? problem : null, retry: refetch };
}
