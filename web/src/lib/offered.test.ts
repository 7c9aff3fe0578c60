// What is in lists: everything that is not hidden, and what is in use already.
import { expect, it } from 'vitest';
import { offered } from './offered';

it('leaves out what is said to be hidden, unless it is in use', () => {
  const all = [{ name: 'a' }, { name: 'b', public: false }, { name: 'c', public: true }];
  const names = (...named: string[]) => offered(all, ...named).map(({ name }) => name);
  expect(names()).toEqual(['a', 'c']);
  expect(names('b', 'gone')).toEqual(['a', 'b', 'c']);
});
