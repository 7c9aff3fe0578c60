// Asks the questions of the page: the answer first, then what was before. A question that nobody waits for any more is taken
// back, and so is one that somebody cancels.
import { useCallback, useEffect, useMemo, useRef } from 'react';
import { useDispatch } from 'react-redux';
import type { ThunkDispatch, UnknownAction } from '@reduxjs/toolkit';
import { queryApi } from '@/api/query-api';
import { queryKey } from '@/api/query-key';
import { useComparison } from '@/api/use-comparison';
import { useQueryResult } from '@/api/use-query-result';
import type { QueryAnswer } from '@/api/use-query-result';
import type { Model, Problem, QueryResult, SemanticQuery } from '@/api/types';
import { versionOf } from '@/lib/comparison';
import type { ExploreState } from '../state/explore-state';
import { beforeQuery, mainQuery } from './to-query';

export interface ExploreResults {
  query: SemanticQuery | null;
  main: QueryAnswer;
  /** Of the question as it is now, or of none. */
  before: QueryResult | null;
  /** Why that is not there; null: it is, or is awaited, or nothing is compared. */
  beforeProblem: Problem | null;
  compareAgain: () => void;
  /** Something is compared. */
  compares: boolean;
  cancel: () => void;
}

type Dispatch = ThunkDispatch<unknown, unknown, UnknownAction>;

function useAbort(): (query: SemanticQuery) => void {
  const dispatch = useDispatch<Dispatch>();
  return useCallback(
    (query) => {
      // The running request is found by its key, which is that of every equal query.
      dispatch(queryApi.util.getRunningQueryThunk('runQuery', query))?.abort();
    },
    [dispatch],
  );
}

/** Takes back what was asked before, when it is asked otherwise. */
function useLatestOnly(query: SemanticQuery | null, abort: (query: SemanticQuery) => void): void {
  const last = useRef<SemanticQuery | null>(null);
  useEffect(() => {
    const previous = last.current;
    last.current = query;
    if (previous !== null && (query === null || queryKey(previous) !== queryKey(query)))
      abort(previous);
  }, [query, abort]);
}

const current = (answer: QueryAnswer): QueryResult | null =>
  answer.outdated || answer.stored === null ? null : answer.stored.result;

export function useExploreResults(state: ExploreState, model: Model | null): ExploreResults {
  const query = useMemo(() => (model ? mainQuery(state, model) : null), [state, model]);
  const abort = useAbort();
  useLatestOnly(query, abort);
  const main = useQueryResult(query, query !== null);
  const result = current(main);
  const range = result?.provenance.time_range ?? null;
  const [from, to] = [range?.from, range?.to];
  const until = result?.provenance.complete_until ?? null;
  const made = result?.provenance.answered_at ?? null;
  const version = result && versionOf(result.provenance);
  const { compare, zone } = state;
  const before = useMemo(() => {
    if (!compare || from === undefined || to === undefined) return null;
    const reach = { time_range: { from, to }, complete_until: until, answered_at: made };
    return beforeQuery(query, model, reach, zone, version);
  }, [compare, query, model, from, to, until, made, zone, version]);
  const comparison = useComparison(before, true);

  const cancel = useCallback(() => {
    if (query !== null) abort(query);
  }, [query, abort]);
  return {
    query,
    main,
    before: comparison.stored?.result ?? null,
    beforeProblem: comparison.problem,
    compareAgain: comparison.retry,
    compares: before !== null,
    cancel,
  };
}
