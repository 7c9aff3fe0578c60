// When to try again: half a second, doubled each time, at most thirty seconds, with full jitter so
// that a thousand tabs do not come back in the same moment.

export const FIRST_DELAY_MS = 500;
export const LONGEST_DELAY_MS = 30_000;

export function retryDelay(failures: number, random: () => number): number {
  const ceiling = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.max(0, failures));
  // Never quite zero: a server that refuses at once is not asked in a loop.
  return Math.max(100, Math.round(ceiling * random()));
}
