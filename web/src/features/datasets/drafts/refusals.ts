// Which steps or rules an error of the server is about. Pure.
import type { Problem } from '@/api/types';

export interface Refusals {
  /** By the place in the list, from 0. */
  items: ReadonlyMap<number, string>;
  /** null where everything it says is about one of them. */
  other: Problem | null;
}

/** The server names one by its path (`steps[1]`), or by its number where it could not read it (`step 2 (case): …`). */
export function refusalsOf(problem: Problem | null, noun: 'step' | 'rule'): Refusals {
  const items = new Map<number, string>();
  if (problem === null) return { items, other: null };
  const byPath = new RegExp(`^${noun}s\\[(\\d+)\\]`);
  const byNumber = new RegExp(`^${noun} (\\d+)\\b`);
  const named = new RegExp(`^${noun} \\d+ \\([^)]*\\): `);
  const errors = problem.errors ?? [];
  const rest = errors.filter(({ field, detail }) => {
    const path = byPath.exec(field);
    const number = byNumber.exec(detail);
    const place = path ? Number(path[1]) : number ? Number(number[1]) - 1 : null;
    if (place !== null) items.set(place, detail.replace(named, ''));
    // The server says a single thing twice.
    return place === null && detail !== problem.detail;
  });
  const number = errors.length === 0 && byNumber.exec(problem.detail ?? '');
  if (number) items.set(Number(number[1]) - 1, problem.detail ?? '');
  const told = items.size > 0 && rest.length === 0;
  return { items, other: told ? null : { ...problem, errors: rest } };
}
