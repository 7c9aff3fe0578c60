// Steps while they are typed: what is read comes back as it was, what is not there is missing, what is unknown is kept.
import { describe, expect, it } from 'vitest';
import { problemOf } from '@/api/problem';
import type { Problem, Step } from '@/api/types';
import { refusalsOf } from '../drafts/refusals';
import type { Draft as DraftOf } from '../drafts/draft';
import type { Value } from '../drafts/field';
import { columnsAt, stepDrafts } from './step-draft';
import { stepKinds } from './step-kinds';
import type { Op } from './step-kinds';
import { rowsInWords, stepSummary } from './step-words';

const { read: readSteps, reduce, toItem: toStep, problemsOf } = stepDrafts;
type Draft = DraftOf<Step>;
const stepProblems = (problem: Problem | null) => refusalsOf(problem, 'step');

/** Those of docs/steps.md. */
const documented: Step[] = [
  { op: 'trim', columns: ['city'], collapse: true },
  { op: 'case', columns: ['city'], to: 'title' },
  { op: 'null_tokens', columns: ['n'], tokens: ['n/a', '-999'], ignore_case: true },
  { op: 'replace', columns: ['phone'], find: '[^0-9]', with: '', regex: true },
  { op: 'parse_date', column: 'at', formats: ['%d.%m.%Y %H:%M'], zone: 'Europe/Berlin' },
  { op: 'parse_number', column: 'price', decimal: ',', group: ' ', strip: ['\u20ac', 'EUR'] },
  { op: 'unit', column: 'celsius', factor: 1.8, offset: 32, into: 'fahrenheit' },
  { op: 'cast', columns: ['zip'], to: 'string', on_error: 'null' },
  { op: 'derive', column: 'total', expression: 'price * amount' },
  { op: 'split', column: 'name', separator: ' ', into: ['first', 'last'] },
  { op: 'rename', columns: { 'Dep Delay': 'dep_delay' } },
  { op: 'drop', columns: ['internal'] },
  { op: 'filter', condition: 'amount > 0' },
  { op: 'flatten', column: 'address', prefix: 'addr_' },
  { op: 'deduplicate', key: ['order_id'], keep: 'last' },
  { op: 'mask', columns: ['card'], keep_last: 4 },
  { op: 'hash', columns: ['email'] },
  {
    op: 'look_up',
    dataset: 'airlines',
    on: { carrier: 'code' },
    take: { name: 'airline' },
    missing: 'reject',
  },
];

const stepsOf = (draft: Draft): Step[] => draft.items.map(toStep);
const change = (draft: Draft, parameter: string, value: Value): Draft =>
  reduce(draft, { type: 'changed', id: draft.items[0]!.id, parameter, value });
const added = (op: Op): Draft => reduce(readSteps([]), { type: 'added', kind: op });

describe('a step that is read', () => {
  it('is there for every kind', () => {
    expect(documented.map(({ op }) => op).sort()).toEqual(Object.keys(stepKinds).sort());
  });

  it.each(documented.map((step) => [step.op, step] as const))(
    '%s comes back as it was',
    (_op, step) => {
      const { items: steps } = readSteps([step]);
      expect(steps[0]?.kept).toBeNull();
      expect(problemsOf(steps[0]!)).toEqual({});
      expect(toStep(steps[0]!)).toEqual(step);
      expect(stepSummary(step)).not.toBe('');
    },
  );

  it('says nothing that the server takes anyway', () => {
    const { items: steps } = readSteps([{ op: 'deduplicate', keep: 'first' }]);
    expect(steps[0]?.kept).toBeNull();
    expect(toStep(steps[0]!)).toEqual({ op: 'deduplicate' });
  });

  it.each([
    ['an op of a newer server', { op: 'geocode', column: 'city' }],
    ['a parameter of a newer server', { op: 'trim', both: true }],
    ['a value that no field can hold', { op: 'flatten', column: 'address', prefix: '' }],
  ])('is kept as it came where it is %s', (_what, step) => {
    const draft = readSteps([step as unknown as Step]);
    expect(draft.items[0]?.kept).toEqual(step);
    expect(stepsOf(draft)).toEqual([step]);
    expect(problemsOf(draft.items[0]!)).toEqual({});
  });
});

describe('a step that is typed', () => {
  it.each([
    ['filter', ['condition']],
    ['replace', ['columns', 'find']],
    ['rename', ['columns']],
    ['unit', ['column', 'factor']],
    ['trim', []],
    ['deduplicate', []],
    ['look_up', ['dataset', 'on', 'take']],
  ] as const)('%s needs %j', (op, parameters) => {
    expect(Object.keys(problemsOf(added(op).items[0]!))).toEqual(parameters);
  });

  it.each([
    ['unit', 'factor', 'much', 'Enter a number'],
    ['rename', 'columns', [['a', '']], 'Enter both sides'],
    [
      'rename',
      'columns',
      [
        ['a', 'b'],
        ['a', 'c'],
      ],
      'Each can stand on the left once',
    ],
    ['null_tokens', 'tokens', [''], 'Enter something'],
  ] as const)('%s with %s %j: %s', (op, parameter, value, problem) => {
    const draft = change(added(op), parameter, value);
    expect(problemsOf(draft.items[0]!)[parameter]).toBe(problem);
  });

  it('leaves out empty lines and pairs', () => {
    const tokens = change(added('null_tokens'), 'tokens', ['n/a', '', '-']);
    expect(stepsOf(tokens)).toEqual([{ op: 'null_tokens', tokens: ['n/a', '-'] }]);
    const pairs = change(added('rename'), 'columns', [
      ['a', 'b'],
      ['', ''],
    ]);
    expect(stepsOf(pairs)).toEqual([{ op: 'rename', columns: { a: 'b' } }]);
  });
});

describe('the list', () => {
  const three = readSteps([
    { op: 'trim' },
    { op: 'hash', columns: ['a'] },
    { op: 'drop', columns: ['b'] },
  ]);
  const opsOf = (draft: Draft) => draft.items.map(({ kind }) => kind);

  it('is added to, put in order and taken from', () => {
    expect(opsOf(reduce(three, { type: 'moved', id: 2, by: -1 }))).toEqual([
      'trim',
      'drop',
      'hash',
    ]);
    expect(reduce(three, { type: 'moved', id: 0, by: -1 })).toBe(three);
    expect(reduce(three, { type: 'moved', id: 2, by: 1 })).toBe(three);
    const less = reduce(three, { type: 'removed', id: 1 });
    expect(opsOf(less)).toEqual(['trim', 'drop']);
    const more = reduce(less, { type: 'added', kind: 'case' });
    // No id comes twice.
    expect(more.items.map(({ id }) => id)).toEqual([0, 2, 3]);
    expect(opsOf(reduce(more, { type: 'read', items: [{ op: 'trim' }] }))).toEqual(['trim']);
  });

  it('knows the columns that come to each step', () => {
    const source = [
      { name: 'Tag', type: 'string' as const },
      { name: 'name', type: 'string' as const },
      { name: 'at', type: 'struct' as const, fields: [{ name: 'city', type: 'string' as const }] },
    ];
    const { items: steps } = readSteps([
      { op: 'rename', columns: { Tag: 'day', name: 'Tag' } },
      { op: 'split', column: 'Tag', separator: ' ', into: ['first', 'last'] },
      { op: 'flatten', column: 'at' },
      { op: 'drop', columns: ['Tag'] },
      { op: 'unit', column: 'n', factor: 2, into: 'twice' },
      { op: 'derive', column: 'day', expression: '1' },
    ]);
    expect(columnsAt(source, steps, 0)).toEqual(['Tag', 'name', 'at']);
    expect(columnsAt(source, steps, 1)).toEqual(['day', 'Tag', 'at']);
    expect(columnsAt(source, steps, 6)).toEqual(['day', 'at_city', 'first', 'last', 'twice']);
  });
});

describe('what the server says', () => {
  const problem = (change: Partial<Problem>): Problem => ({ ...problemOf('invalid'), ...change });

  it('stands at the step that its path names', () => {
    const { items: steps, other } = stepProblems(
      problem({
        detail: 'step 2 (filter): there is no column "prise"',
        errors: [
          { field: 'steps[1].condition', detail: 'step 2 (filter): there is no column "prise"' },
        ],
      }),
    );
    expect([...steps]).toEqual([[1, 'there is no column "prise"']]);
    expect(other).toBeNull();
  });

  it('stands at the step that its text names, where the body could not be read', () => {
    const detail = 'step 3 (case): missing field `to`';
    expect([...stepProblems(problem({ errors: [{ field: 'steps', detail }] })).items]).toEqual([
      [2, 'missing field `to`'],
    ]);
    expect([...stepProblems(problem({ detail })).items.keys()]).toEqual([2]);
  });

  it('is told as a whole where it is about none, or about more', () => {
    const columns = problem({ detail: 'column "total" is not one of the dataset' });
    expect(stepProblems(columns)).toEqual({ items: new Map(), other: { ...columns, errors: [] } });
    const twice = { ...columns, errors: [{ field: 'steps', detail: columns.detail ?? '' }] };
    expect(stepProblems(twice).other?.errors).toEqual([]);
    const both = stepProblems(
      problem({
        errors: [
          { field: 'steps[0]', detail: 'no' },
          { field: 'source', detail: 'twice' },
        ],
      }),
    );
    expect(both.items.get(0)).toBe('no');
    expect(both.other?.errors).toEqual([{ field: 'source', detail: 'twice' }]);
    expect(stepProblems(null)).toEqual({ items: new Map(), other: null });
  });

  it('is counted in words', () => {
    const rows = { step: 1, op: 'filter', rows_in: 1_000, rows_out: 958, rejected: 12 };
    expect(rowsInWords(rows)).toBe('958 rows, 12 rejected, 30 left out');
    expect(rowsInWords({ ...rows, rows_out: 1_000, rejected: 0 })).toBe('1,000 rows');
  });
});
