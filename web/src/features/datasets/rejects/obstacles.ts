// Why rejected rows cannot be corrected here: where they would not stand where the rows of their load do, as the engine says
// it of each. Pure.
import type { RejectedRow } from '@/api/types';

/** A sentence. */
const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

/** What stands in the way of some of them, each once. */
export const obstaclesTo = (rejects: readonly Pick<RejectedRow, 'obstacle'>[]): string[] => [
  ...new Set(rejects.flatMap(({ obstacle }) => (obstacle === null ? [] : [sentence(obstacle)]))),
];
