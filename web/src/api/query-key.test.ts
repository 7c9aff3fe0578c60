// Questions with different answers have different keys, equal ones the same.
import { describe, expect, it } from 'vitest';
import { queryKey } from './query-key';

describe('the key of a query', () => {
  it('tells what is exact, what may be estimated and what is neither apart', () => {
    const asked = (exact?: boolean | null) => queryKey({ measures: ['orders.buyers'], exact });
    expect(new Set([asked(true), asked(false), asked()]).size).toBe(3);
    expect(asked(null)).toBe(asked());
  });
});
