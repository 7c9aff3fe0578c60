// What an answer is compared with: the answer to the same question about the period before, in the state of the first. Every new
// state asks it again, but states may come faster than answers: what is on its way is awaited, then the newest state is asked
// for, and never more often than every few seconds. Until then what is known stands, and says its own version.
import { useEffect, useMemo, useRef, useState } from 'react';
import { queryKey } from './query-key';
import type { StoredResult } from './result-store';
import type { Problem, SemanticQuery, TimeDimension } from './types';
import { useQueryResult } from './use-query-result';

export interface Comparison {
  stored: StoredResult | null;
  /** Why there is none. */
  problem: Problem | null;
  retry: () => void;
}

/** Between two asks of the same question. */
export const COMPARED_EVERY_MS = 5_000;

/** Without the instant at which its range is cut: that of a running period goes on with its data. */
const uncut = (time: TimeDimension): TimeDimension =>
  Array.isArray(time.dateRange) && time.dateRange[1]?.includes('T')
    ? { ...time, dateRange: time.dateRange.slice(0, 1) }
    : time;

/** Of whatever state. */
const questionOf = ({ timeDimensions, ...query }: SemanticQuery): string =>
  queryKey({
    ...query,
    asOf: null,
    ...(timeDimensions && { timeDimensions: timeDimensions.map(uncut) }),
  });

const cutOf = ({ timeDimensions = [] }: SemanticQuery): string =>
  timeDimensions.map(({ dateRange }) => [dateRange ?? ''].flat().at(-1)).join();

/**
 * The same question in a later state, or in the same one and further: where nobody knows how far the data go, a running period is
 * cut at the time of the answer, which is another with each. An earlier state was chosen by somebody, who is not to wait.
 */
function isLater(next: SemanticQuery, asked: SemanticQuery): boolean {
  const [now, then] = [next.asOf ?? null, asked.asOf ?? null];
  const goesOn =
    now === then
      ? cutOf(next) > cutOf(asked)
      : typeof now === 'number' && typeof then === 'number' && now > then;
  return goesOn && questionOf(next) === questionOf(asked);
}

export function useComparison(before: SemanticQuery | null, enabled: boolean): Comparison {
  const [asked, setAsked] = useState(before);
  const waits = useMemo(
    () => before !== null && asked !== null && isLater(before, asked),
    [before, asked],
  );
  if (!waits && asked !== before) setAsked(before);
  const answer = useQueryResult(asked, enabled && asked !== null);
  const { stored, outdated, problem, pending, refetch } = answer;

  const key = useMemo(() => asked && queryKey(asked), [asked]);
  const askedAt = useRef(0);
  useEffect(() => {
    askedAt.current = Date.now();
  }, [key, enabled]);
  useEffect(() => {
    if (!waits || pending) return;
    const left = askedAt.current + COMPARED_EVERY_MS - Date.now();
    const timer = setTimeout(() => setAsked(before), Math.max(0, left));
    return () => clearTimeout(timer);
  }, [waits, pending, before]);

  // What answers an earlier state is kept, what answers another question is not.
  const isOwn = useMemo(
    () =>
      asked !== null &&
      stored !== null &&
      (!outdated || questionOf(JSON.parse(stored.key) as SemanticQuery) === questionOf(asked)),
    [asked, stored, outdated],
  );
  const failed = asked !== null && !isOwn && !pending && problem?.code !== 'aborted';
  return {
    stored: isOwn ? stored : null,
    problem: failed ? problem : null,
    retry: waits ? () => setAsked(before) : refetch,
  };
}
