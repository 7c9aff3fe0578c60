// The pure parts of the page for statements: addresses, places of errors, history, completion.
import { CompletionContext } from '@codemirror/autocomplete';
import type { CompletionResult } from '@codemirror/autocomplete';
import { keywordCompletionSource } from '@codemirror/lang-sql';
import { EditorState } from '@codemirror/state';
import { describe, expect, it } from 'vitest';
import type { Model } from '@/api/types';
import { flightsModel } from '@/testing/fake-engine';
import { datasets, flightsDetail } from '@/testing/fixtures';
import { tripsView } from '@/testing/view-fixtures';
import { parseAsOf } from './as-of-field';
import { functionNames, words } from './editor/dialect';
import { measureCompletions, namespaceOf, plainCompletions } from './editor/completion';
import { selectAt } from './editor/select-at';
import type { SelectAt } from './editor/select-at';
import { errorPlace, errorText, placeText } from './error-place';
import {
  historyKey,
  keepHistory,
  MOST_KEPT,
  readHistory,
  withRun,
} from './history/statement-history';
import { modelNames, viewNames } from './model-names';
import { quotedName } from './quoted-name';
import { LONGEST_IN_ADDRESS, readSql, writeSql } from './sql-url';
import type { SqlState } from './sql-url';
import { mentioned } from './use-schema';
import type { Schema } from './use-schema';

describe('the address', () => {
  it.each<SqlState>([
    { sql: '', asOf: null, limit: null },
    { sql: "select *\nfrom flights -- 100 % & more +\nwhere a = 'ü'", asOf: 3, limit: 50_000 },
    { sql: 'select 1', asOf: '2026-11-26T10:00:00Z', limit: 1 },
  ])('keeps %j', (state) => {
    const read = readSql(new URLSearchParams(writeSql(state).toString()));
    expect(read).toEqual({ ...state, sql: state.sql === '' ? null : state.sql, complaints: [] });
  });

  it('leaves out a statement that is too long for a link', () => {
    const sql = `select ${'1, '.repeat(LONGEST_IN_ADDRESS / 3)}1`;
    expect(writeSql({ sql, asOf: 3, limit: null }).toString()).toBe('asOf=3');
  });

  it('says what it cannot read', () => {
    const read = readSql(new URLSearchParams('q=select+1&asOf=soon&limit=99999999'));
    expect(read).toMatchObject({ sql: 'select 1', asOf: null, limit: null });
    expect(read.complaints).toEqual([
      '“soon” is not a version or a time.',
      '“99999999” is not a number of rows from 1 to 50,000.',
    ]);
  });
});

describe('a state of the data', () => {
  it.each<[string, ReturnType<typeof parseAsOf>]>([
    ['', { asOf: null }],
    [' 3 ', { asOf: 3 }],
    ['2026-11-26T10:00:00+02:00', { asOf: '2026-11-26T10:00:00+02:00' }],
    ['2026-11-26 10:00', { asOf: '2026-11-26T10:00:00.000Z' }],
    ['2026-11-26', { asOf: '2026-11-26T00:00:00.000Z' }],
  ])('%j', (text, parsed) => {
    expect(parseAsOf(text)).toEqual(parsed);
  });

  it.each(['yesterday', '2026-13-01', '-1'])('is not %j', (text) => {
    expect(parseAsOf(text)).toHaveProperty('problem');
  });
});

describe('the place of an error', () => {
  const parser = (words: string) => `SQL: ${words}`;

  it.each<[string, string, string | null]>([
    [
      'select carrier,\n from flights where',
      parser('Expected an expression, found: from at Line: 2, Column: 7'),
      'from',
    ],
    [
      'select 1 fromm x y z',
      parser('Expected: end of statement, found: x at Line: 1, Column: 16'),
      'x',
    ],
    ['select (', parser('Expected an expression, found: EOF at Line: 1, Column: 9'), '('],
    [
      'select carier from flights',
      "Schema error: No field named carier. Did you mean 'flights.carrier'?",
      'carier',
    ],
    [
      'select f.carier from flights f',
      'Schema error: No field named f.carier.\nValid fields are f.x.',
      'f.carier',
    ],
    [
      'select cnt(*) from t',
      "Error during planning: Invalid function 'cnt'.\nDid you mean 'cot'?",
      'cnt',
    ],
    ['select * from nope', 'there is no dataset nope', 'nope'],
    ['select 1', 'something else', null],
    ['', parser('Expected x, found: EOF at Line: 1, Column: 1'), null],
    ['select 1', parser('found: x at Line: 9, Column: 1'), null],
  ])('in %j', (sql, message, text) => {
    const place = errorPlace(sql, message);
    expect(place === null ? null : sql.slice(place.from, place.to)).toBe(text);
  });

  it('is told in lines and columns, without the words of the parser', () => {
    expect(placeText('select\n  x', { from: 9, to: 10 })).toBe('Line 2, column 3');
    expect(errorText(parser('Expected: "x", found: from at Line: 2, Column: 7'))).toBe(
      'Expected: "x", found: from',
    );
    expect(errorText("Error during planning: Invalid function 'cnt'.")).toBe(
      "Invalid function 'cnt'.",
    );
    expect(errorText('SQL: there is no statement')).toBe('there is no statement');
  });
});

describe('history', () => {
  const run = (sql: string, at = 1) => ({ sql, at, rows: 3, ms: 12 });

  it('has the newest first, each statement once, and not too many', () => {
    let history = withRun([], run('select 1'));
    history = withRun(history, run('select 2', 2));
    history = withRun(history, run(' select 1 ', 3));
    expect(history.map(({ sql }) => sql)).toEqual([' select 1 ', 'select 2']);
    expect(withRun(history, run('  '))).toEqual(history);
    for (let index = 0; index < 2 * MOST_KEPT; index += 1)
      history = withRun(history, run(`${index}`));
    expect(history).toHaveLength(MOST_KEPT);
  });

  it('is of one person', () => {
    keepHistory(localStorage, historyKey('t1:u1'), [run('select 1')]);
    expect(readHistory(localStorage, historyKey('t1:u1'))).toEqual([run('select 1')]);
    expect(readHistory(localStorage, historyKey('t1:u2'))).toEqual([]);
  });

  it.each(['{broken', '{}', '[{"sql":1}]', 'null'])('survives %s in the store', (text) => {
    localStorage.setItem(historyKey('x'), text);
    expect(readHistory(localStorage, historyKey('x'))).toEqual([]);
  });

  it('keeps fewer where there is no room', () => {
    const kept: string[] = [];
    const small = {
      setItem: (_key: string, text: string) => {
        if (text.length > 200) throw new Error('full');
        kept.push(text);
      },
    } as unknown as Storage;
    keepHistory(
      small,
      'x',
      Array.from({ length: 20 }, (_, at) => run(`select ${at}`, at)),
    );
    const left = JSON.parse(kept[0] ?? '[]') as { sql: string }[];
    expect(left.length).toBeGreaterThan(0);
    expect(left[0]?.sql).toBe('select 0');
  });
});

describe('completion', () => {
  const made: Model = {
    ...flightsModel,
    dimensions: [
      ...flightsModel.dimensions.filter(({ name }) => name !== 'month'),
      { name: 'part_of_day', label: 'Part of the day', type: 'string', expression: 'hour / 12' },
    ],
    measures: [
      ...flightsModel.measures,
      { name: 'place', label: 'Place', kind: 'rank', measure: 'count' },
      { name: 'twice', label: 'Twice the place', kind: 'number', expression: '2 * {place}' },
      { name: 'per_mile', label: 'Per mile', kind: 'ratio', measure: 'count', denominator: 'km' },
    ],
  };
  const schema: Schema = {
    datasets,
    columns: { flights: flightsDetail.columns },
    models: { flights: modelNames(made, flightsDetail.columns) },
    views: [],
  };
  const withView: Schema = {
    ...schema,
    models: { ...schema.models, trips: viewNames(tripsView) },
    views: ['trips'],
  };
  const offered = (text: string, explicit = false, of: Schema = schema): string[] => {
    const state = EditorState.create({ doc: text });
    const found = plainCompletions(of)(new CompletionContext(state, text.length, explicit));
    return found?.options.map(({ label, displayLabel }) => displayLabel ?? label) ?? [];
  };
  /** What is offered inside of `measure(`, with `|` for the place; null: nothing is asked of it there. */
  const inside = (marked: string, of: Schema = schema): string[] | null => {
    const at = marked.indexOf('|');
    const state = EditorState.create({ doc: marked.replace('|', '') });
    const found = measureCompletions(of)(new CompletionContext(state, at, false));
    return found === null
      ? null
      : (found as CompletionResult).options.map(({ apply }) => String(apply));
  };

  it('offers columns of the datasets that are mentioned, and functions', () => {
    expect(offered('select 1 from flights where d')).toEqual(
      expect.arrayContaining(['dep_delay', 'date_trunc']),
    );
    expect(offered('select 1 from weather where d')).not.toContain('dep_delay');
  });

  it('offers no function a second time among the words of the language', () => {
    const text = 'select c';
    const context = new CompletionContext(EditorState.create({ doc: text }), text.length, false);
    const found = keywordCompletionSource(words)(context) as CompletionResult;
    const labels = found.options.map(({ label }) => label);
    expect(labels).toContain('cast');
    // Of a join, too.
    expect(labels.filter((label) => functionNames.includes(label)).sort()).toEqual([
      'left',
      'right',
    ]);
  });

  it('leaves what follows a dot or a quote to the language', () => {
    expect(offered('select flights.d')).toEqual([]);
    expect(offered("select 'd")).toEqual([]);
    expect(offered('select ')).toEqual([]);
    expect(offered('select ', true)).toContain('count');
  });

  it('knows every dataset, and the columns of those that were asked', () => {
    const names = namespaceOf(schema) as Record<string, { children: unknown[] }>;
    expect(Object.keys(names)).toEqual(datasets.map(({ name }) => name));
    // And the dimension that is no column.
    expect(names['flights']?.children).toHaveLength(flightsDetail.columns.length + 1);
    expect(names['weather']?.children).toEqual([]);
  });

  it('offers measures by their names where one may stand, and dimensions that are no columns', () => {
    const found = offered('select p');
    expect(found).toEqual(expect.arrayContaining(['measure(share_late)', 'measure(per_mile)']));
    expect(offered('select 1 from flights order by c')).toContain('measure(count)');
    expect(offered('select 1 from flights where p')).toContain('part_of_day');
    expect(offered('select 1 from flights where c')).not.toContain('measure(count)');
    expect(offered('select 1 from flights f join weather w on true order by c')).not.toContain(
      'measure(count)',
    );
  });

  it('offers what views show: all of their measures, dimensions and named filters', () => {
    const offeredBeside = (text: string): string[] => offered(text, false, withView);
    const names = namespaceOf(withView) as Record<string, { children: { label: string }[] }>;
    expect(names['trips']?.children.map(({ label }) => label)).toEqual([
      'left_at',
      'airline',
      'origin',
      'origin_airport_city',
      'busy',
    ]);
    expect(offeredBeside('select a from trips')).not.toContain('measure(trips)');
    expect(offeredBeside('select 1 from trips order by a')).toEqual(
      expect.arrayContaining(['measure(trips)', 'measure(avg_arr_delay)', 'airline']),
    );
    expect(offeredBeside('select 1 from trips where b')).toContain('busy');
    expect(offeredBeside('select 1 from flights where b')).not.toContain('busy');
    expect(inside('select measure(|) from trips', withView)).toEqual(['trips', 'avg_arr_delay']);
  });

  it('does not offer what a SELECT cannot have', () => {
    const found = inside('select measure(|) from flights');
    expect(found).toContain('per_mile');
    expect(found).not.toContain('place');
    expect(found).not.toContain('twice');
  });

  it('offers nothing but measures inside of a call, of what its SELECT reads', () => {
    expect(inside('select measure(|) from flights')).toContain('share_late');
    expect(inside('select measure(sh| from flights')).toContain('share_late)');
    expect(inside('select coalesce(measure(|), 0) from flights')).toContain('count');
    expect(inside('select measure(f.|) from flights f')).toContain('count');
    expect(inside('select measure(x.|) from flights f')).toEqual([]);
    expect(inside('select measure(|) from weather')).toEqual([]);
    expect(inside('select sum(|) from flights')).toBeNull();
    const two = { ...schema, models: { ...schema.models, weather: modelNames(made, []) } };
    expect(inside('select measure(|)', two)).toContain('weather.count');
    expect(inside('select measure(|) from weather', two)).toContain('count');
  });

  it.each<[string, Partial<SelectAt>]>([
    ['select | from a', { clause: 'select', tables: [{ name: 'a', alias: null }] }],
    ['select 1 from "A b" x where |', { clause: 'where', tables: [{ name: 'A b', alias: 'x' }] }],
    [
      'select 1 from public.a as x left join b on true having |',
      {
        clause: 'having',
        tables: [
          { name: 'a', alias: 'x' },
          { name: 'b', alias: null },
        ],
      },
    ],
    ['select (select | from b) from a', { clause: 'select', tables: [{ name: 'b', alias: null }] }],
    ['select (1 + |) from a', { clause: 'select', tables: [{ name: 'a', alias: null }] }],
    ['select 1 from a union select | from b', { tables: [{ name: 'b', alias: null }] }],
    ['select 1 from a; select | from b', { tables: [{ name: 'b', alias: null }] }],
    ['with a as (select 1 from b) select | from a', { tables: [null] }],
    ['with a as (select | from b) select 1 from a', { tables: [{ name: 'b', alias: null }] }],
    ['select | from (select 1 from b) s', { tables: [null] }],
    ["select ' from x ', | -- from y\nfrom a", { tables: [{ name: 'a', alias: null }] }],
    ['select a is distinct from b, | from c', { clause: 'select' }],
    ['select measure(|) from a', { inMeasure: true, tables: [{ name: 'a', alias: null }] }],
    ['', { clause: null, tables: [], inMeasure: false }],
  ])('knows the SELECT around %j', (marked, expected) => {
    const place = Math.max(0, marked.indexOf('|'));
    expect(selectAt(marked.replace('|', ''), place)).toMatchObject(expected);
  });

  it('quotes names that need it', () => {
    expect(quotedName('dep_delay')).toBe('dep_delay');
    expect(quotedName('Dep "x"')).toBe('"Dep ""x"""');
  });

  it('finds names as whole words', () => {
    expect(mentioned('select * from FLIGHTS_old, flights', ['flights', 'old'])).toEqual([
      'flights',
    ]);
    expect(mentioned('select flights_x', ['flights'])).toEqual([]);
  });
});
