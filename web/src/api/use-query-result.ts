// One query as a card sees it: asked over HTTP for the first picture, followed over the live channel
// from then on. While a changed query is on its way the old answer stays.
import { skipToken } from '@reduxjs/toolkit/query';
import { useCallback, useEffect, useMemo, useSyncExternalStore } from 'react';
import { useLiveClient } from '@/api/live-client';
import { toProblem } from '@/api/problem';
import { useRunQueryQuery } from '@/api/query-api';
import { queryKey } from '@/api/query-key';
import { resultStore } from '@/api/result-store';
import type { StoredResult } from '@/api/result-store';
import type { Problem, SemanticQuery } from '@/api/types';

export interface QueryAnswer {
  stored: StoredResult | null;
  /** True when `stored` answers an earlier form of the query. */
  outdated: boolean;
  problem: Problem | null;
  /** A request is on its way. */
  pending: boolean;
  requestId: string | null;
  refetch: () => void;
}

const nothing = (): void => undefined;

export function useQueryResult(query: SemanticQuery | null, enabled: boolean): QueryAnswer {
  const live = useLiveClient();
  const key = useMemo(() => (query ? queryKey(query) : null), [query]);
  // The hook is given the query of the key, so that an equal query in a new object asks nothing.
  const asked = useMemo(() => (key === null ? null : (JSON.parse(key) as SemanticQuery)), [key]);
  const request = useRunQueryQuery(asked && enabled ? asked : skipToken);
  const fallback = request.data?.key ?? null;

  const subscribeKey = useCallback(
    (listener: () => void) => (key === null ? nothing : resultStore.subscribe(key, listener)),
    [key],
  );
  const subscribeFallback = useCallback(
    (listener: () => void) =>
      fallback === null ? nothing : resultStore.subscribe(fallback, listener),
    [fallback],
  );
  const own = useSyncExternalStore(subscribeKey, () =>
    key === null ? undefined : resultStore.get(key),
  );
  const old = useSyncExternalStore(subscribeFallback, () =>
    fallback === null ? undefined : resultStore.get(fallback),
  );
  const liveProblem = useSyncExternalStore(subscribeKey, () =>
    key === null ? undefined : resultStore.problem(key),
  );

  // Followed once the first answer is here: both at once would have the server run every query of a
  // dashboard twice while the first picture is still awaited.
  const answered = own !== undefined || request.isError;
  useEffect(() => {
    if (!enabled || !answered || key === null || asked === null) return;
    // What was does not change.
    if (asked.asOf != null) return;
    return live.subscribe(key, asked);
  }, [live, key, asked, enabled, answered]);

  const stored = own ?? (request.isFetching ? old : undefined) ?? null;
  const failed = request.isError && !request.isFetching ? toProblem(request.error) : null;
  return {
    stored,
    outdated: own === undefined && stored !== null,
    problem: failed ?? liveProblem ?? null,
    pending: enabled && key !== null && (request.isFetching || request.isUninitialized),
    requestId: request.data?.requestId ?? null,
    refetch: () => {
      if (!request.isUninitialized) void request.refetch();
    },
  };
}
