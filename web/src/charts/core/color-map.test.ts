// Colour follows the value.
import { describe, expect, it } from 'vitest';
import { assignSlots, slotsFor } from './color-map';

describe('color map', () => {
  it('gives the same slots whatever the order of arrival', () => {
    const one = assignSlots({}, 'm', ['UA', 'AA', 'DL']);
    const two = assignSlots({}, 'm', ['DL', 'UA', 'AA', 'UA']);
    expect(one).toEqual(two);
  });

  it('keeps a slot when values come and go', () => {
    const first = assignSlots({}, 'm', ['B', 'C']);
    const later = assignSlots(first, 'm', ['A', 'C']);
    expect(later['m']?.['B']).toBe(first['m']?.['B']);
    expect(later['m']?.['C']).toBe(first['m']?.['C']);
    expect(later['m']?.['A']).toBe(2);
  });

  it('returns the same object when nothing is new', () => {
    const known = assignSlots({}, 'm', ['A']);
    expect(assignSlots(known, 'm', ['A'])).toBe(known);
  });

  it('has no two equal colours among eight series of one chart', () => {
    const values = Array.from({ length: 30 }, (_, index) => `v${index}`);
    const known = assignSlots({}, 'm', values);
    const slots = slotsFor(known, 'm', values.slice(12, 20));
    expect(new Set(slots).size).toBe(8);
  });
});
