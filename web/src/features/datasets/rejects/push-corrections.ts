// Loads corrected rows, each under a key made of the load that rejected it and its line: whatever is clicked twice, sent
// twice or corrected by two people at once counts once. A correction that is rejected or left out itself uses its key
// up, so the next attempt has another one. The push is handed in.
import type { Problem, Pushed, RejectedRow } from '@/api/types';

export interface Correction {
  reject: Pick<RejectedRow, 'load_id' | 'line'>;
  /** The row as one line of JSON. */
  line: string;
}

export type Outcome =
  | { state: 'loaded' }
  /** Somebody has loaded it already. */
  | { state: 'before' }
  | { state: 'rejected'; loadId: string }
  /** A step of the dataset did not want it. */
  | { state: 'left out' }
  | { state: 'failed'; problem: Problem };

export type PushLines = (
  lines: string,
  key: string,
) => Promise<{ pushed: Pushed } | { problem: Problem }>;

const attemptsMax = 50;
const atOnce = 4;

export const correctionKey = ({ load_id, line }: Correction['reject'], attempt: number): string =>
  attempt === 1 ? `fix.${load_id}.${line}` : `fix.${load_id}.${line}.${attempt}`;

export async function pushCorrection(correction: Correction, push: PushLines): Promise<Outcome> {
  let last: Outcome = { state: 'before' };
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    const answer = await push(correction.line, correctionKey(correction.reject, attempt));
    if ('problem' in answer) return { state: 'failed', problem: answer.problem };
    const { rows, left_out: leftOut, replayed, load_id: loadId } = answer.pushed;
    if (rows > 0) return { state: replayed ? 'before' : 'loaded' };
    last = leftOut > 0 ? { state: 'left out' } : { state: 'rejected', loadId };
    if (!replayed) return last;
  }
  return last;
}

/** A few at a time; the engine lets small loads share a commit. */
export async function pushCorrections(
  corrections: readonly Correction[],
  push: PushLines,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < corrections.length) {
      const place = next;
      next += 1;
      const correction = corrections[place];
      if (correction) outcomes[place] = await pushCorrection(correction, push);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, corrections.length) }, work));
  return outcomes;
}

/** `3 rows were loaded, 1 was loaded before, 2 were rejected again`. */
export function outcomesInWords(outcomes: readonly Outcome[]): string {
  const count = (state: Outcome['state']): number =>
    outcomes.filter((outcome) => outcome.state === state).length;
  const said = (number: number, words: string): string =>
    `${number} ${number === 1 ? 'row was' : 'rows were'} ${words}`;
  const parts = (
    [
      ['loaded', 'loaded'],
      ['before', 'loaded before'],
      ['rejected', 'rejected again'],
      ['left out', 'left out by a step'],
      ['failed', 'not sent'],
    ] as const
  ).flatMap(([state, words]) => {
    const number = count(state);
    return number === 0 ? [] : [said(number, words)];
  });
  return parts.join(', ');
}
