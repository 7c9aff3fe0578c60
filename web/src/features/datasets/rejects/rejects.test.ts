// What is known of a rejected row, what is made of it, and that it is loaded once.
import { describe, expect, it } from 'vitest';
import type { ColumnType, DatasetColumn, Pushed, RejectedRow } from '@/api/types';
import { problemOf } from '@/api/problem';
import { version, versionLoad } from '@/testing/version-fixtures';
import { loadsOf } from '../loads/load-history';
import { cellProblem, hasProblem, rowText } from './correct-row';
import {
  correctionKey,
  outcomesInWords,
  pushCorrection,
  pushCorrections,
} from './push-corrections';
import type { Outcome, PushLines } from './push-corrections';
import { obstaclesTo, obstacleText, obstacleTo, operationsOf } from './obstacles';
import { alikeOf, faultText } from './reject-words';
import { rejectsCsv } from './rejects-csv';
import { cellsOf, splitRow } from './split-row';

const columnOf = (name: string, type: ColumnType): DatasetColumn => ({
  name,
  type,
  nullable: true,
  nulls: null,
  min: null,
  max: null,
});
const columns = [
  columnOf('at', 'timestamp'),
  columnOf('carrier', 'string'),
  columnOf('delay', 'float'),
  columnOf('people', 'integer'),
];
const load_id = '019a0000-0000-7000-8000-000000000001';
const reject = (change: Partial<RejectedRow> = {}): RejectedRow => ({
  load_id,
  number: 0,
  line: 7,
  column: 'delay',
  value: 'late',
  reason: 'not a number',
  raw: '2013-01-01,UA,late,180',
  replayed_by: null,
  ...change,
});

describe('the text of a row', () => {
  it.each([
    ['a,b,c', ',', ['a', 'b', 'c']],
    ['', ',', ['']],
    ['a,', ',', ['a', '']],
    [',', ',', ['', '']],
    ['"a,b",c', ',', ['a,b', 'c']],
    ['"a ""b""",c', ',', ['a "b"', 'c']],
    ['a\tb', '\t', ['a', 'b']],
    ['"a', ',', null],
    ['"a"b,c', ',', null],
  ])('%j by %j is %j', (text, delimiter, cells) => {
    expect(cellsOf(text, delimiter)).toEqual(cells);
  });

  it('is split into the columns, whatever stands between the values', () => {
    const values = { at: '2013-01-01', carrier: 'UA', delay: 'late', people: '180' };
    for (const delimiter of [',', ';', '\t', '|']) {
      const raw = ['2013-01-01', 'UA', 'late', '180'].join(delimiter);
      expect(splitRow(reject({ raw }), columns)).toEqual({
        values,
        doubt: null,
        note: expect.stringContaining('taken to be in the order'),
      });
    }
  });

  it.each([
    ['\tUA\tlate\t', { at: '', carrier: 'UA', delay: 'late', people: '' }],
    ['\t \tlate\t180\r\n', { at: '', carrier: ' ', delay: 'late', people: '180' }],
    [' a,  UA ,late,180 ', { at: ' a', carrier: '  UA ', delay: 'late', people: '180 ' }],
  ])('keeps the space of its values: %j', (raw, values) => {
    expect(splitRow(reject({ raw }), columns)).toMatchObject({ values, doubt: null });
  });

  it('has the value at fault in its place whatever space there is around it', () => {
    expect(splitRow(reject({ raw: '2013-01-01,UA, late ,180' }), columns).doubt).toBeNull();
  });

  it('has a long value at fault in its place, of which the beginning is known', () => {
    const long = reject({ raw: `2013-01-01,UA,${'x'.repeat(300)},180`, value: 'xxxx\u2026' });
    expect(splitRow(long, columns).doubt).toBeNull();
  });

  it.each([
    ['no column is named', { column: null, value: null }],
    ['the value is not known', { value: null }],
    ['the dataset has no such column', { column: 'gone' }],
  ])('says nothing about the order of its values when %s', (_when, change) => {
    expect(splitRow(reject(change), columns)).toMatchObject({
      doubt: expect.stringContaining('nothing says which value is whose'),
      note: null,
    });
  });

  it('is read as an object where it is one, long numbers included', () => {
    const raw = '{"people": 9007199254740993, "carrier": "UA", "delay": "late", "x": [1]}';
    expect(splitRow(reject({ raw }), columns)).toEqual({
      values: { at: '', carrier: 'UA', delay: 'late', people: '9007199254740993' },
      doubt: 'The dataset has no column \u201cx\u201d; what stands there is left out.',
      note: null,
    });
  });

  it('means a missing value by what the engine takes for one', () => {
    const { values } = splitRow(reject({ raw: 'NA,-,late,-' }), columns);
    expect(values).toEqual({ at: '', carrier: '-', delay: 'late', people: '' });
  });

  it.each([
    ['2013-01-01,UA,late', 'It has 3 values and the dataset 4 columns'],
    ['late,2013-01-01,UA,180', 'columns in another order'],
    ['2013-01-01,"UA,late,180', 'cannot be told apart'],
    ['2013-01-01,UA,late,18\u2026', 'its end is missing'],
    ['', 'only the value at fault is known'],
  ])('%j is told with a doubt: %s', (raw, doubt) => {
    expect(splitRow(reject({ raw }), columns).doubt).toContain(doubt);
  });

  it('has the value at fault where nothing else is known', () => {
    expect(splitRow(reject({ raw: '' }), columns).values.delay).toBe('late');
  });
});

describe('a corrected row', () => {
  it.each<[ColumnType, string, boolean]>([
    ['integer', '180', true],
    ['integer', '-9223372036854775808', true],
    ['integer', '9223372036854775808', false],
    ['integer', '007', false],
    ['integer', '1,000', false],
    ['integer', '1.5', false],
    ['float', '1.5e3', true],
    ['float', '.5', true],
    ['float', '.', false],
    ['float', '1e999', false],
    ['float', '12,5', false],
    ['boolean', 'Yes', true],
    ['boolean', '1', false],
    ['date', '2012-02-29', true],
    ['date', '2013-02-29', false],
    ['timestamp', '2013-01-31', true],
    ['timestamp', '2013-01-31 14:05', true],
    ['timestamp', '2013-01-31T14:05:00.123+01:00', true],
    ['timestamp', '2013-01-31T25:05:00Z', false],
    ['timestamp', '31.01.2013', false],
    ['list', '[1]', true],
    ['list', '{}', false],
    ['struct', '{"a":1}', true],
    ['struct', '[]', false],
    ['string', 'anything, at all', true],
  ])('takes %s %j: %s', (type, text, fits) => {
    expect(cellProblem(type, text) === null).toBe(fits);
    // Every column takes a missing value.
    expect(cellProblem(type, '  ')).toBeNull();
  });

  it('is one line of JSON that says each value as it is', () => {
    const all = [
      ...columns,
      columnOf('late', 'boolean'),
      columnOf('tags', 'list'),
      columnOf('note', 'string'),
    ];
    const values = {
      at: ' 2013-01-01 ',
      carrier: 'a "b"\n',
      delay: '.50',
      people: '9007199254740993',
      late: 'Yes',
      tags: '["x"]',
      note: ' ',
    };
    expect(rowText(all, values)).toBe(
      '{"at":"2013-01-01","carrier":"a \\"b\\"\\n","delay":0.5,"people":9007199254740993,"late":true,"tags":["x"]}\n',
    );
    expect(hasProblem(columns, values)).toBe(false);
    expect(hasProblem(columns, { ...values, delay: 'late' })).toBe(true);
  });
});

/** A server that knows keys, and takes only rows without "late". */
function fakeServer(): { push: PushLines; rows: () => number; keys: string[] } {
  const known = new Map<string, Pushed>();
  const keys: string[] = [];
  return {
    keys,
    rows: () => [...known.values()].reduce((sum, pushed) => sum + pushed.rows, 0),
    push: async (lines, key) => {
      keys.push(key);
      const before = known.get(key);
      if (before) return { pushed: { ...before, replayed: true } };
      const rejected = lines.includes('late') ? 1 : 0;
      const pushed = {
        load_id: `l${known.size}`,
        version: 1,
        rows: 1 - rejected,
        rejected,
        replaced: 0,
        left_out: 0,
        replayed: false,
      };
      known.set(key, pushed);
      return { pushed };
    },
  };
}

describe('loading a correction', () => {
  const good = { reject: { load_id, line: 7 }, line: '{"delay":5}\n' };
  const bad = { reject: { load_id, line: 7 }, line: '{"delay":"late"}\n' };

  it('does nothing twice', async () => {
    const { push, rows, keys } = fakeServer();
    expect(await pushCorrection(good, push)).toEqual({ state: 'loaded' });
    expect(await pushCorrection(good, push)).toEqual({ state: 'before' });
    // Also for somebody who corrects the same row in another way.
    expect(await pushCorrection({ ...good, line: '{"delay":6}\n' }, push)).toEqual({
      state: 'before',
    });
    expect(rows()).toBe(1);
    expect(new Set(keys)).toEqual(new Set([`fix.${load_id}.7`]));
  });

  it('can be tried again after the server rejected it', async () => {
    const { push, rows } = fakeServer();
    expect(await pushCorrection(bad, push)).toEqual({ state: 'rejected', loadId: 'l0' });
    expect(await pushCorrection(bad, push)).toEqual({ state: 'rejected', loadId: 'l1' });
    expect(await pushCorrection(good, push)).toEqual({ state: 'loaded' });
    expect(await pushCorrection(good, push)).toEqual({ state: 'before' });
    expect(rows()).toBe(1);
  });

  it('says when a step left the row out, and can be tried again', async () => {
    let asked = 0;
    const push: PushLines = async () => {
      asked += 1;
      const pushed = {
        load_id: `l${asked}`,
        version: 1,
        rows: asked < 3 ? 0 : 1,
        rejected: 0,
        replaced: 0,
        left_out: asked < 3 ? 1 : 0,
        // The first key is used up.
        replayed: asked === 2,
      };
      return { pushed };
    };
    expect(await pushCorrection(good, push)).toEqual({ state: 'left out' });
    expect(await pushCorrection(good, push)).toEqual({ state: 'loaded' });
    expect(outcomesInWords([{ state: 'left out' }])).toBe('1 row was left out by a step');
  });

  it('has keys that the server takes', () => {
    expect(correctionKey({ load_id, line: 2 ** 40 }, 50)).toMatch(/^[\x21-\x7e]{1,128}$/);
  });

  it('says of many how each of them went', async () => {
    const { push, rows } = fakeServer();
    const problem = problemOf('network');
    const flaky: PushLines = async (lines, key) =>
      key.endsWith('.3') ? { problem } : push(lines, key);
    const corrections = Array.from({ length: 12 }, (_, line) => ({
      reject: { load_id, line },
      line: line === 5 ? bad.line : good.line,
    }));
    const outcomes = await pushCorrections(corrections, flaky);
    expect(outcomes[3]).toEqual({ state: 'failed', problem });
    expect(outcomes[5]).toMatchObject({ state: 'rejected' });
    expect(rows()).toBe(10);
    expect(outcomesInWords(outcomes)).toBe(
      '10 rows were loaded, 1 row was rejected again, 1 row was not sent',
    );
    const again: Outcome[] = await pushCorrections(corrections.slice(0, 2), push);
    expect(outcomesInWords(again)).toBe('2 rows were loaded before');
  });
});

describe('what stands in the way of correcting', () => {
  const operations = operationsOf(
    loadsOf([
      version(2, { operation: 'replacement', loads: [versionLoad({ load_id: 'replaced' })] }),
      version(1, { loads: [versionLoad({ load_id: 'added' })] }),
    ]),
  );

  it.each([
    ['added', false, operations, null],
    ['replaced', false, operations, 'replacement'],
    ['older', false, operations, 'unknown'],
    ['added', true, operations, 'steps'],
    // Steps are enough of an obstacle, whatever else there is to know.
    ['added', true, undefined, 'steps'],
    ['added', undefined, operations, 'waiting'],
    ['added', false, undefined, 'waiting'],
  ] as const)('for rows of %s, steps %s: %#', (load, steps, known, obstacle) => {
    expect(obstacleTo({ load_id: load }, { steps, operations: known })).toBe(obstacle);
  });

  it('is said once', () => {
    const rows = ['replaced', 'added', 'replaced'].map((id) => ({ load_id: id }));
    expect([...obstaclesTo(rows, { steps: false, operations })]).toEqual(['replacement', null]);
    expect(obstacleText.waiting).toBeNull();
  });
});

describe('words and files', () => {
  it('says the fault', () => {
    expect(faultText(reject())).toBe('delay is \u201clate\u201d: not a number');
    expect(
      faultText(reject({ column: null, reason: '5 cells where the file has 4 columns' })),
    ).toBe('5 cells where the file has 4 columns');
  });

  it('finds rows with the same fault, of the same load', () => {
    const same = reject({ line: 9 });
    const items = [reject(), same, reject({ value: 'soon' }), reject({ load_id: 'other' })];
    expect(alikeOf(items[0]!, items)).toEqual([same]);
    expect(alikeOf(reject({ column: null }), items)).toEqual([]);
  });

  it('writes a file that no spreadsheet runs', () => {
    const rows = [
      reject({ value: '=cmd()', raw: 'a,"b"' }),
      reject({ column: null, value: null, raw: '-1' }),
    ];
    expect(rejectsCsv(rows).split('\r\n')).toEqual([
      'load_id,line,column,value,reason,raw',
      `${load_id},7,delay,'=cmd(),not a number,"a,""b"""`,
      `${load_id},7,,,not a number,'-1`,
      '',
    ]);
  });
});
