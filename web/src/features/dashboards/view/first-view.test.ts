// Where cards stand on a phone, and which of them are near its first screen.
import { describe, expect, it } from 'vitest';
import type { Widget, WidgetKind } from '@/api/types';
import { phoneHeight, placeCards } from './first-view';

const cards = (...kinds: WidgetKind[]): Widget[] =>
  kinds.map((kind, y) => ({
    id: `w${y}`,
    kind,
    title: kind,
    layout: { x: 0, y, w: 3, h: 5 },
    query: {},
    options: {},
  }));
const phone = { width: 390, height: 844 };

describe('cards on a phone', () => {
  it('stand alone, and numbers that follow each other two and two', () => {
    const placed = placeCards(
      cards('number', 'number', 'number', 'line', 'number', 'bar', 'number', 'number'),
      phone,
    );
    expect(placed.map(({ paired }) => paired)).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
      true,
      true,
    ]);
  });

  it('are as high as what they say beside another', () => {
    const [first, second, third] = placeCards(cards('number', 'number', 'number'), phone);
    expect(phoneHeight(first!)).toBe(phoneHeight(second!));
    expect(phoneHeight(first!)).toBeGreaterThan(phoneHeight(third!));
  });

  it('are near by their rows, not by their number', () => {
    const kinds: WidgetKind[] = ['number', 'number', 'number', 'number', 'line', 'bar', 'table'];
    expect(placeCards(cards(...kinds), phone).map(({ startsNear }) => startsNear)).toEqual([
      true,
      true,
      true,
      true,
      true,
      true,
      false,
    ]);
  });
});
