// The words of a lineage: ranges of time, absolute and as they were asked for.
import { describe, expect, it } from 'vitest';
import { definitionOf, rangeText, wayText } from './lineage-words';

const ends = { from: '2013-12-01T00:00:00Z', to: '2014-01-01T00:00:00Z' };

/** Without the thin spaces that dates have around their dash. */
const plain = (text: string): string => text.replace(/\s?–\s?/g, '–');

describe('the way to what is looked up', () => {
  it('has all steps, and the model where a join calls it otherwise', () => {
    const step = (join: string, model = join) => ({ join, model, on: [] });
    const steps = [step('customers'), step('home', 'countries')];
    expect(wayText({ name: 'home', from: 'orders', steps })).toBe(
      'orders > customers > home (countries)',
    );
  });
});

describe('ranges of a lineage', () => {
  it.each([
    [ends, '1–31 Dec 2013'],
    [{ ...ends, relative: 'last month' }, '1–31 Dec 2013 (last month)'],
    [{ from: null, to: null }, 'all time'],
  ])('says %o', (range, words) => {
    expect(plain(rangeText({ member: 'flights.time_hour', ...range }, [], 'UTC'))).toMatch(
      new RegExp(`: ${words.replace(/[()]/g, '\\$&')}$`),
    );
  });
});

describe('what a number is made of', () => {
  it.each([
    [undefined, 'revenue of the group as a part of revenue of all groups'],
    [
      ['customers.country', 'ordered_at'],
      'revenue of the group as a part of revenue of all groups within the same country and ordered at',
    ],
  ])('says within what a share is one: %o', (within, words) => {
    const definition = {
      name: 'share',
      label: 'Share',
      kind: 'share_of_total' as const,
      measure: 'revenue',
      ...(within ? { within } : {}),
    };
    expect(definitionOf({ member: 'orders.share', definition }, { measures: [] }).words).toBe(
      words,
    );
  });
});
