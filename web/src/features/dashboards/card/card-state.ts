// The states of a card, decided in one place. A card that has drawn something never goes blank.
import type { StoredResult } from '@/api/result-store';
import type { Problem, ProblemCode, SemanticQuery } from '@/api/types';
import { nothingSeen } from '@/lib/access-words';
import { hasOnlyGaps } from '@/lib/missing-buckets';

export interface CardInput {
  stored: StoredResult | null;
  outdated: boolean;
  problem: Problem | null;
  pending: boolean;
}

export interface CardState {
  body: 'loading' | 'ready' | 'empty' | 'error';
  /** The thin line over a drawing that is asked for again. */
  refreshing: boolean;
  /** The drawing stays, but the newest attempt failed. */
  warning: Problem | null;
}

export function cardState(
  { stored, outdated, problem, pending }: CardInput,
  query: SemanticQuery,
): CardState {
  if (problem && problem.code !== 'aborted' && (!stored || outdated) && !pending) {
    return { body: 'error', refreshing: false, warning: null };
  }
  if (!stored) return { body: 'loading', refreshing: false, warning: null };
  // A count of what nobody may see is nothing to draw.
  const isEmpty =
    stored.result.row_count === 0 ||
    nothingSeen(stored.result) !== null ||
    hasOnlyGaps(stored.result, query);
  const body = isEmpty ? 'empty' : 'ready';
  const warning = problem && problem.code !== 'aborted' && !pending ? problem : null;
  return { body, refreshing: pending, warning };
}

/** What of a question is refused may be in what it would read; of another failure nothing is. */
const refusals: readonly ProblemCode[] = ['exhausted', 'too_large', 'invalid'];

/** Whether there is no answer because the question asks too much, or what cannot be answered. */
export const isRefused = ({ body }: CardState, problem: Problem | null): boolean =>
  body === 'error' && problem !== null && refusals.includes(problem.code);

export const STALE_AFTER_MS = 30_000;

/** Older than twice the heartbeat, and the channel that would have told us is lost. */
export const isStale = (confirmedAt: number, lost: boolean, now: number): boolean =>
  lost && now - confirmedAt > STALE_AFTER_MS;
