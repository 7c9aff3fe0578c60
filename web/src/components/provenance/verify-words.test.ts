// The words of a verification: how long both took, where that is told.
import { describe, expect, it } from 'vitest';
import { verified } from '@/testing/trust-fixtures';
import { verdictOf } from './verify-words';

describe('verifications in words', () => {
  it('say how long both took', () => {
    expect(verdictOf(verified).details.join(' ')).toContain('compared. Answering took');
  });

  it('say nothing of it to who sees some rows only', () => {
    const { details } = verdictOf({ ...verified, answered_ms: null, recomputed_ms: null });
    expect(details.join(' ')).toMatch(/compared\.$/);
  });
});
