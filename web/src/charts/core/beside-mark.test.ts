// The box beside a mark: on the side with more room, and inside of the picture.
import { expect, it } from 'vitest';
import { besideMark } from './beside-mark';

const box = { width: 200, height: 80 };
const wide = { width: 800, height: 400 };
const phone = { width: 330, height: 200 };

it('stands where there is more room', () => {
  expect(besideMark({ x: 100, y: 100, w: 20 }, box, wide)).toEqual({ left: 130, top: 84 });
  expect(besideMark({ x: 600, y: 100, w: 20 }, box, wide)).toEqual({ left: 390, top: 84 });
});

it('does not leave the picture, however narrow it is and wherever the mark is', () => {
  for (const x of [0, 100, 160, 170, 230, 330])
    for (const y of [0, 100, 200]) {
      const { left, top } = besideMark({ x, y, w: 0 }, box, phone);
      expect(left).toBeGreaterThanOrEqual(0);
      expect(left + box.width).toBeLessThanOrEqual(phone.width);
      expect(top).toBeGreaterThanOrEqual(0);
      expect(top + box.height).toBeLessThanOrEqual(phone.height);
    }
});

it('begins at the edge where there is no room at all', () => {
  expect(besideMark({ x: 50, y: 20, w: 0 }, box, { width: 120, height: 60 })).toEqual({
    left: 0,
    top: 0,
  });
});
