// Rules while they are typed, and in words: what is read comes back as it was, what is typed becomes what the column holds.
import { describe, expect, it } from 'vitest';
import type { ColumnType, ContractRule } from '@/api/types';
import type { Draft } from '../drafts/draft';
import type { Value } from '../drafts/field';
import { isRounded, ruleDrafts } from './rule-draft';
import { fits, ruleKinds } from './rule-kinds';
import type { Check } from './rule-kinds';
import { outcomeOf, ruleText } from './rule-words';

const types: Record<string, ColumnType> = {
  id: 'integer',
  amount: 'float',
  state: 'string',
  paid: 'boolean',
  day: 'date',
  at: 'timestamp',
  parts: 'list',
};
const columns = Object.entries(types).map(([name, type]) => ({ name, type }));
const { read, reduce, toItem, problemsOf } = ruleDrafts(columns);

/** Those of docs/contracts.md and others like them, as the server sends them. */
const documented: [ContractRule, string][] = [
  [{ check: 'type', column: 'state', type: 'string' }, 'state is of the type text'],
  [{ check: 'required', column: 'id' }, 'id is never missing'],
  [
    { check: 'range', column: 'amount', min: 0, max: 10_000, on_violation: 'null' },
    'amount is from 0 to 10000',
  ],
  [{ check: 'range', column: 'amount', min: 0, exclusive: true }, 'amount is more than 0'],
  [{ check: 'range', column: 'day', max: '2013-12-31' }, 'day is at most 2013-12-31'],
  [
    { check: 'range', column: 'at', min: '2013-01-01T00:00:00Z' },
    'at is at least 2013-01-01T00:00:00Z',
  ],
  [{ check: 'allowed', column: 'state', values: ['open', 'paid'] }, 'state is one of open, paid'],
  [{ check: 'allowed', column: 'id', values: [1, 2] }, 'id is one of 1, 2'],
  [{ check: 'allowed', column: 'paid', values: [true] }, 'paid is one of yes'],
  [{ check: 'range', column: 'amount', max: 1e16 }, 'amount is at most 10000000000000000'],
  [
    { check: 'allowed', column: 'id', values: [1, 2, 3, 4, 5, 6] },
    'id is one of 1, 2, 3, 4, 5 and 1 other',
  ],
  [{ check: 'pattern', column: 'state', pattern: '[A-Z]{2}' }, 'state matches [A-Z]{2}'],
  [
    { check: 'reference', column: 'state', dataset: 'countries', key: 'code' },
    'state stands in code of countries',
  ],
  [{ check: 'unique', columns: ['id'], on_violation: 'fail' }, 'id is unique'],
  [{ check: 'unique', columns: ['id', 'day'] }, 'id, day are unique together'],
];

describe('a rule that is read', () => {
  it('is there for every kind', () => {
    expect(new Set(documented.map(([{ check }]) => check))).toEqual(
      new Set(Object.keys(ruleKinds)),
    );
  });

  it.each(documented)('%j comes back as it was: %s', (rule, words) => {
    const [draft] = read([rule]).items;
    expect(draft?.kept).toBeNull();
    expect(problemsOf(draft!)).toEqual({});
    expect(toItem(draft!)).toEqual(rule);
    expect(ruleText(rule)).toBe(words);
  });

  it('says nothing that the server does anyway', () => {
    const [draft] = read([
      { check: 'range', column: 'id', min: 1, exclusive: false, on_violation: 'reject' },
    ]).items;
    expect(toItem(draft!)).toEqual({ check: 'range', column: 'id', min: 1 });
  });

  it.each([
    ['a check of a newer server', { check: 'sum', column: 'id' }],
    ['a field of a newer server', { check: 'required', column: 'id', when: 'paid' }],
    ['a text where the column has numbers', { check: 'allowed', column: 'id', values: ['1'] }],
    ['a value that no line can hold', { check: 'allowed', column: 'state', values: ['a', ''] }],
    ['a value of two lines', { check: 'allowed', column: 'state', values: ['a\nb', 'c'] }],
    ['a pattern of two lines', { check: 'pattern', column: 'state', pattern: 'a\r\nb' }],
    ['a null among the values', { check: 'allowed', column: 'state', values: ['a', null] }],
  ])('is kept as it came where it has %s', (_what, rule) => {
    const [draft] = read([rule as unknown as ContractRule]).items;
    expect(draft?.kept).toEqual(rule);
    expect(toItem(draft!)).toEqual(rule);
    expect(problemsOf(draft!)).toEqual({});
  });

  it('is known to be rounded', () => {
    const rounded = (rule: ContractRule) => isRounded(rule, columns);
    expect(rounded({ check: 'range', column: 'id', max: 2 ** 60 })).toBe(true);
    expect(rounded({ check: 'allowed', column: 'id', values: [1, 2 ** 60] })).toBe(true);
    expect(rounded({ check: 'range', column: 'gone', max: 2 ** 60 })).toBe(true);
    expect(rounded({ check: 'range', column: 'amount', min: -0.5, max: 1e6 })).toBe(false);
    // Of a float it is the number that was meant.
    expect(rounded({ check: 'range', column: 'amount', max: 1e16 })).toBe(false);
    expect(rounded({ check: 'unique', columns: ['id'] })).toBe(false);
  });
});

describe('a rule that is typed', () => {
  const made = (kind: Check, values: Record<string, Value>): Draft<ContractRule> =>
    Object.entries(values).reduce(
      (draft, [parameter, value]) =>
        reduce(draft, { type: 'changed', id: draft.items[0]!.id, parameter, value }),
      reduce(read([]), { type: 'added', kind }),
    );

  it.each([
    ['required', ['column']],
    ['type', ['column', 'type']],
    ['range', ['column']],
    ['allowed', ['column', 'values']],
    ['pattern', ['column', 'pattern']],
    ['reference', ['column', 'dataset', 'key']],
    ['unique', ['columns']],
  ] as const)('%s needs %j', (check, parameters) => {
    expect(Object.keys(problemsOf(made(check, {}).items[0]!)).sort()).toEqual(
      [...parameters].sort(),
    );
  });

  it.each([
    ['range', { column: 'id' }, 'min', 'Enter a least or a greatest value'],
    ['range', { column: 'id', min: 'few' }, 'min', 'Enter a whole number, without separators'],
    [
      'range',
      { column: 'id', max: '9007199254740993' },
      'max',
      'Enter a number of up to 15 digits',
    ],
    ['range', { column: 'day', max: 'May' }, 'max', 'Enter a day such as 2013-01-31'],
    [
      'allowed',
      { column: 'amount', values: ['1', 'x'] },
      'values',
      /^\u201cx\u201d: Enter a number/,
    ],
  ] as const)('%s with %j: %s %s', (check, values, parameter, problem) => {
    expect(problemsOf(made(check, values).items[0]!)[parameter]).toMatch(problem);
  });

  it('is sent as what the column holds', () => {
    const sent = (check: Check, values: Record<string, Value>) =>
      toItem(made(check, values).items[0]!);
    expect(sent('range', { column: 'amount', min: ' 0.5 ', max: '' })).toEqual({
      check: 'range',
      column: 'amount',
      min: 0.5,
    });
    expect(sent('range', { column: 'day', min: '2013-01-01' })).toMatchObject({
      min: '2013-01-01',
    });
    expect(sent('allowed', { column: 'paid', values: ['yes', '', 'f', 'True'] })).toMatchObject({
      values: [true, false, true],
    });
    expect(sent('allowed', { column: 'state', values: ['1', ' a'] })).toMatchObject({
      values: ['1', ' a'],
    });
    expect(sent('unique', { columns: ['id'], on_violation: 'fail' })).toEqual({
      check: 'unique',
      columns: ['id'],
      on_violation: 'fail',
    });
  });

  it('is about columns that it can be about', () => {
    const of = (check: Check) => Object.keys(types).filter((name) => fits(check, types[name]!));
    expect(of('required')).toEqual(Object.keys(types));
    expect(of('range')).toEqual(['id', 'amount', 'day', 'at']);
    expect(of('pattern')).toEqual(['state']);
    expect(of('unique')).not.toContain('parts');
  });

  it('says what becomes of a row', () => {
    const rule: ContractRule = { check: 'required', column: 'id' };
    expect(outcomeOf(rule)).toBe('else the row is rejected');
    expect(outcomeOf({ ...rule, on_violation: 'fail' })).toBe('else the load fails');
    expect(outcomeOf({ ...rule, on_violation: 'null' })).toBe('else the value becomes missing');
  });
});
