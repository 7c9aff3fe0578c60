// What a calendar says nothing of is as the wider one says, field by field.
import { afterEach, expect, it } from 'vitest';
import { formatZone, setFormatCalendar, within } from './calendar';

afterEach(() => setFormatCalendar(null));

it.each([
  [
    { weekStart: 'sunday' },
    { weekStart: 'monday', yearStart: 4 },
    { weekStart: 'sunday', yearStart: 4 },
  ],
  [{ dayStart: 0 }, { dayStart: 6 }, { dayStart: 0 }],
  [{ timezone: null }, { timezone: 'Asia/Tokyo' }, { timezone: 'Asia/Tokyo' }],
  [{ weekend: [] }, { weekend: ['friday'] }, { weekend: [] }],
  [null, { yearStart: 4 }, { yearStart: 4 }],
  [{ yearStart: 4 }, undefined, { yearStart: 4 }],
] as const)('%j within %j', (own, wider, both) => {
  expect(
    within(own as Parameters<typeof within>[0], wider as Parameters<typeof within>[1]),
  ).toEqual(both);
});

it('has days begin in UTC where nobody names a zone', () => {
  expect(formatZone()).toBe('UTC');
  setFormatCalendar({ timezone: 'Asia/Tokyo' });
  expect(formatZone()).toBe('Asia/Tokyo');
});
