// The example of a condition names a column that is there, as SQL has to write it.
import { expect, it } from 'vitest';
import { exampleOf } from './condition';

it.each([
  [
    [
      { name: 'city', type: 'string' as const },
      { name: 'qty', type: 'integer' as const },
    ],
    'qty = 7',
  ],
  [[{ name: 'net amount', type: 'float' as const }], '"net amount" = 7'],
  [[{ name: 'Kunde', type: 'string' as const }], '"Kunde" is null'],
])('of %j', (columns, example) => {
  expect(exampleOf(columns)).toBe(example);
});
