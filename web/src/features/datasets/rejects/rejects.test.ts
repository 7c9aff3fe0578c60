// What is known of a rejected row, what is made of it, and what became of it.
import { describe, expect, it } from 'vitest';
import type { ColumnType, ContractRule, DatasetColumn, RejectedRow } from '@/api/types';
import { problemOf } from '@/api/problem';
import { cellProblem, hasProblem, rowText } from './correct-row';
import { obstaclesTo } from './obstacles';
import { alikeOf, brokenRule, faultText } from './reject-words';
import { refusalInWords, replayInWords } from './replay-words';
import { cellsOf, splitRow } from './split-row';
import { isTaken } from './use-replay';

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
  obstacle: null,
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
    expect(cellsOf(text, delimiter)?.map((cell) => cell.text) ?? null).toEqual(cells);
  });

  it('says of its values which were quoted', () => {
    expect(cellsOf('"a",b,""', ',')?.map(({ quoted }) => quoted)).toEqual([true, false, true]);
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

  it.each<[string, ColumnType, string, string]>([
    ['a float of many digits', 'float', '{"v": 1.2345e20}', '1.2345e20'],
    ['a whole number written as a float', 'integer', '{"v": 1e3}', '1e3'],
    [
      'the value of the row, not of what stands inside',
      'integer',
      '{"o": {"v": 9007199254740995}, "v": 9007199254740993}',
      '9007199254740993',
    ],
    ['long numbers of a list', 'list', '{"v": [9007199254740993, 1.0]}', '[9007199254740993, 1.0]'],
    [
      'long numbers of a struct',
      'struct',
      '{"v": {"a": 9007199254740993, "b": "}"} }',
      '{"a": 9007199254740993, "b": "}"}',
    ],
    [
      'a text with quotes and brackets',
      'string',
      '{"v": "a \\"}, {\\" \\u00e9", "w": 1}',
      'a "}, {" \u00e9',
    ],
    ['the last of two', 'integer', '{"v": 1, "v": 2}', '2'],
    ['what a key with escapes says', 'boolean', '{"\\u0076": true}', 'true'],
    ['nothing where it is null', 'float', '{"v": null}', ''],
    ['nothing of an empty object', 'float', '{ }', ''],
  ])('has %s', (_what, type, raw, value) => {
    expect(splitRow(reject({ raw }), [columnOf('v', type)]).values.v).toBe(value);
  });

  it.each(['NA', 'NULL', '\\N'])(
    'keeps the text %s of an object, which is no sign there',
    (text) => {
      const raw = JSON.stringify({ carrier: text, delay: text });
      expect(splitRow(reject({ raw }), columns).values).toMatchObject({
        carrier: text,
        delay: text,
      });
    },
  );

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

  it('is told by the header of its file', () => {
    const header = { columns: ['delay', 'x', 'at', 'carrier'], delimiter: ';' };
    const of = (raw: string) =>
      splitRow(reject({ raw, column: null, value: null }), columns, header);
    expect(of('late;;2013-01-01;"U;A"')).toEqual({
      values: { at: '2013-01-01', carrier: 'U;A', delay: 'late', people: '' },
      doubt: null,
      note: null,
    });
    // It ends as it came: rows are kept whole.
    expect(of('late;;2013-01-01;U\u2026')).toMatchObject({ doubt: null });
    expect(of('late;9;2013-01-01;UA').doubt).toContain('no column \u201cx\u201d');
    expect(of('late;;2013-01-01').doubt).toContain('It has 3 values and its file 4 columns');
    expect(of('late;"').doubt).toContain('cannot be told apart');
    expect(of('{"delay":"late","carrier":"UA"}').values).toMatchObject({ carrier: 'UA' });
  });

  it('goes by the texts that its load named as missing', () => {
    const header = { columns: ['at', 'carrier', 'delay', 'people'], delimiter: ',' };
    const raw = '2013-01-01,NA,late,-999';
    const of = (null_tokens?: string[]) =>
      splitRow(reject({ raw }), columns, { ...header, null_tokens }).values;
    expect(of()).toMatchObject({ carrier: '', people: '-999' });
    expect(of(['-999'])).toMatchObject({ carrier: 'NA', people: '' });
    expect(of([])).toMatchObject({ carrier: 'NA', people: '-999' });
  });

  it.each([
    // A quoted text is a text, whatever it says; every other type has no use for it.
    ['"NA",NA,"-","NA"', undefined, { code: 'NA', name: '', at: '', people: '' }],
    ['"NA",NA,"x"," NA "', ['NA'], { code: 'NA', name: '', at: 'x', people: '' }],
    // Without quotes a text stands for nothing as it is written.
    [' NA , NULL,NA,-', undefined, { code: ' NA ', name: ' NULL', at: '', people: '' }],
    [' NA ,NULL,-,-999', ['-999', 'NA'], { code: ' NA ', name: 'NULL', at: '-', people: '' }],
  ])('keeps the texts that mean something: %s', (raw, null_tokens, values) => {
    const header = { columns: ['code', 'name', 'at', 'people'], delimiter: ',', null_tokens };
    const fields = [
      columnOf('code', 'string'),
      columnOf('name', 'string'),
      columnOf('at', 'date'),
      columnOf('people', 'integer'),
    ];
    expect(splitRow(reject({ raw }), fields, header).values).toEqual(values);
    const first = splitRow(reject({ raw }), fields).values.code;
    if (null_tokens === undefined) expect(first).toBe(values.code);
  });

  it('goes by the texts that its load named in objects of a file of JSON, and in no others', () => {
    const header = {
      columns: ['carrier', 'delay', 'people'],
      null_tokens: ['-999', 'n/a', '0.50'],
    };
    const raw = (delay: string) => `{"carrier": " n/a ", "delay": ${delay}, "people": -999}`;
    const of = (delay: string, delimiter?: string) =>
      splitRow(reject({ raw: raw(delay) }), columns, {
        ...header,
        ...(delimiter !== undefined && { delimiter }),
      }).values;
    expect(of('0.5')).toMatchObject({ carrier: '', delay: '', people: '' });
    expect(of('7')).toMatchObject({ delay: '7' });
    expect(of('[-999]')).toMatchObject({ delay: '[-999]' });
    // Of delimited text an object is what was read: what was to be missing is null there.
    expect(of('0.5', ',')).toMatchObject({ carrier: ' n/a ', delay: '0.5', people: '-999' });
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
      '{"at":"2013-01-01","carrier":"a \\"b\\"\\n","delay":0.5,"people":9007199254740993,"late":true,"tags":["x"]}',
    );
    expect(hasProblem(columns, values)).toBe(false);
    expect(hasProblem(columns, { ...values, delay: 'late' })).toBe(true);
  });
});

describe('what became of corrected rows', () => {
  const report = { rows: 0, rejected: 0, left_out: 0, nulled: 0, replayed: false };

  it.each([
    [{ rows: 1 }, '1 row was loaded'],
    [{ rows: 3, replayed: true }, '3 rows were loaded before'],
    [{ rows: 10, rejected: 1 }, '10 rows were loaded, 1 row was rejected again'],
    [{ left_out: 2 }, '2 rows were left out by a step'],
    [{ rows: 1, nulled: 1 }, '1 row was loaded, 1 value was made missing by the contract'],
  ])('%j: %s', (change, words) => {
    expect(replayInWords({ ...report, ...change })).toBe(words);
  });

  it('is told without what is said of files, where nothing was loaded', () => {
    const why = 'the first is line 1, column "delay", value "x": not an integer';
    expect(
      refusalInWords(
        problemOf(
          'invalid',
          `corrected rows of ${load_id}.ndjson: ${why}. Correct the file, or choose other column types, and load it again`,
        ),
      ),
    ).toBe(`T${why.slice(1)}.`);
    expect(refusalInWords(problemOf('network'))).toBe('The server could not be reached');
  });

  it('is not a conflict of another kind', () => {
    const errors = [{ field: 'rows', detail: '1 were loaded again already' }];
    expect(isTaken({ ...problemOf('conflict'), errors })).toBe(true);
    expect(isTaken(problemOf('conflict', 'the contract was changed'))).toBe(false);
    expect(isTaken({ ...problemOf('invalid'), errors })).toBe(false);
  });
});

describe('what stands in the way of correcting', () => {
  it('is said once, in a sentence', () => {
    const rows = ['rows of a later load', null, 'rows of a later load'];
    expect(obstaclesTo(rows.map((obstacle) => ({ obstacle })))).toEqual(['Rows of a later load.']);
  });
});

describe('words', () => {
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

  it('says what the rule is now, where it can still be the one that was broken', () => {
    const rules: ContractRule[] = [
      { check: 'required', column: 'at' },
      { check: 'range', column: 'delay', min: 0 },
      { check: 'unique', columns: ['at', 'carrier'] },
    ];
    const broken = (change: Partial<RejectedRow>) => brokenRule(reject(change), rules);
    expect(broken({ rule: 2 })).toBe('Rule 2, now: delay is at least 0');
    expect(broken({ rule: 3, column: 'at, carrier' })).toBe(
      'Rule 3, now: at, carrier are unique together',
    );
    expect(broken({ rule: 1 })).toBe('Rule 1 of the contract as it was then');
    expect(broken({ rule: 4 })).toBe('Rule 4 of the contract as it was then');
    expect(broken({ rule: null })).toBeNull();
    expect(broken({})).toBeNull();
    expect(brokenRule(reject({ rule: 2 }), undefined)).toBe(
      'Rule 2 of the contract as it was then',
    );
  });
});
