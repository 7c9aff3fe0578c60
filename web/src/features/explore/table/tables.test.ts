// The tables of answers: flat, compared, and with values across. Totals are what the engine said, nothing else.
import { describe, expect, it } from 'vitest';
import type { Cell, Grain, QueryResult, ResultColumn, Subtotal } from '@/api/types';
import { answer } from '@/testing/fake-engine';
import { change, difference, flatTable } from './flat-table';
import { matchBefore } from './compare';
import { MOST_ACROSS, pivotTable } from './pivot-table';
import { withoutTotal } from './table-model';

const { provenance } = answer({ measures: ['flights.count'] });

const column = (
  name: string,
  role: ResultColumn['role'],
  more: Partial<ResultColumn> = {},
): ResultColumn => ({
  name: `f.${name}`,
  label: name,
  type: role === 'measure' ? 'integer' : role === 'time' ? 'timestamp' : 'string',
  role,
  format: null,
  ...more,
});

function result(
  columns: ResultColumn[],
  rows: Cell[][],
  range: { from: string; to: string } | null = null,
): QueryResult {
  return {
    columns,
    data: columns.map((_, index) => rows.map((row) => row[index] ?? null)),
    row_count: rows.length,
    provenance: { ...provenance, timezone: 'UTC', time_range: range },
  };
}

const total = (by: string[], columns: ResultColumn[], rows: Cell[][]): Subtotal => {
  const { data } = result(columns, rows);
  return {
    by: by.map((name) => `f.${name}`),
    columns,
    data,
    row_count: rows.length,
    truncated: false,
    bounds: [],
  };
};

const carrier = column('carrier', 'dimension');
const origin = column('origin', 'dimension');
const count = column('count', 'measure');
const average = column('average', 'measure', { type: 'float' });
const day = column('day', 'time', { grain: 'day' });

describe('a flat table', () => {
  const now = result(
    [carrier, count],
    [
      ['UA', 110],
      ['DL', 50],
      ['ZZ', 5],
    ],
  );
  const before = result(
    [carrier, count],
    [
      ['DL', 100],
      ['UA', 100],
      ['GO', 9],
    ],
  );

  it('stands beside what was, by the values of its groups', () => {
    const table = flatTable({
      model: 'flights',
      result: { ...now, totals: [total([], [count], [[165]])] },
      before: { ...before, totals: [total([], [count], [[209]])] },
      compare: true,
      zone: 'UTC',
    });
    expect(table.columns.map(({ label }) => label)).toEqual([
      'carrier',
      'count',
      'count before',
      'Difference',
      'Change',
    ]);
    expect(table.data.slice(2)).toEqual([
      [100, 100, null],
      [10, -50, null],
      [0.1, -0.5, null],
    ]);
    expect(table.footer).toEqual([null, 165, 209, -44, -44 / 209]);
  });

  it('keeps the columns of a comparison while it is awaited', () => {
    const table = flatTable({
      model: 'flights',
      result: now,
      before: null,
      compare: true,
      zone: 'UTC',
    });
    expect(table.columns).toHaveLength(5);
    expect(table.data[2]).toEqual([null, null, null]);
    expect(table.footer).toBeNull();
  });

  it('says which group is behind a cell', () => {
    const dated = result([day, carrier, count], [['2013-01-02T00:00:00Z', null, 1]]);
    const table = flatTable({
      model: 'flights',
      result: dated,
      before: null,
      compare: false,
      zone: 'UTC',
    });
    expect(table.groupOf(0, 2)).toEqual({
      members: [{ member: 'f.carrier', label: 'carrier', type: 'string', value: null }],
      bucket: { member: 'f.day', start: '2013-01-02T00:00:00Z', grain: 'day', units: 1 },
    });
  });

  it('names years by the calendar of the answer', () => {
    const year = { ...day, grain: 'year' as const };
    const years = result([year, carrier, count], [['2013-07-01T00:00:00Z', 'UA', 1]]);
    years.provenance.calendar = { weekStart: 'monday', yearStart: 7 };
    years.provenance.complete_until = null;
    const common = { model: 'flights', result: years, zone: 'UTC' };
    const flat = flatTable({ ...common, before: null, compare: false });
    expect(flat.columns[0]?.calendar).toEqual(years.provenance.calendar);
    expect(pivotTable({ ...common, across: 'f.day' })?.columns[1]?.label).toBe('FY 2013/14');
  });

  it('says which bucket is still running, below each other and beside each other', () => {
    const days = result(
      [day, carrier, count],
      [
        ['2013-01-01T00:00:00Z', 'UA', 1],
        ['2013-01-02T00:00:00Z', 'UA', 1],
      ],
    );
    days.provenance.running_from = '2013-01-02T00:00:00Z';
    const common = { model: 'flights', result: days, zone: 'UTC' };
    const running = new Set(['2013-01-02T00:00:00Z']);
    const flat = flatTable({ ...common, before: null, compare: false });
    expect(flat.columns.map((column) => column.running)).toEqual([running, undefined, undefined]);
    const left = pivotTable({ ...common, across: 'f.carrier' });
    expect(left?.columns[0]?.running).toEqual(running);
    const across = pivotTable({ ...common, across: 'f.day' });
    expect(across?.columns.map(({ label }) => label)).toEqual([
      'carrier',
      '1 Jan 2013',
      '2 Jan 2013 (so far)',
    ]);
  });

  it('compares no bucket that is still running with a whole one, nor their total', () => {
    const of = (dates: string[], to: string): QueryResult => ({
      ...result(
        [day, count],
        dates.map((date, row) => [`${date}T00:00:00Z`, row + 10]),
        { from: `${dates[0]}T00:00:00Z`, to },
      ),
      totals: [total([], [count], [[21]])],
    });
    const now = of(['2013-01-03', '2013-01-04'], '2013-01-05T00:00:00Z');
    const before = of(['2013-01-01', '2013-01-02'], '2013-01-03T00:00:00Z');
    const tableOf = (until: string) => {
      now.provenance.complete_until = until;
      return flatTable({ model: 'flights', result: now, before, compare: true, zone: 'UTC' });
    };
    const running = tableOf('2013-01-04T12:00:00Z');
    expect(running.data.slice(2)).toEqual([
      [10, 11],
      [0, null],
      [0, null],
    ]);
    expect(running.footer).toEqual([null, 21, 21, null, null]);
    expect(running.note).toBe('What is so far is not compared with a whole period');
    const ended = tableOf('2013-01-05T00:00:00Z');
    expect(ended.data[3]).toEqual([0, 0]);
    expect(ended.footer).toEqual([null, 21, 21, 0, 0]);
    expect(ended.note).toBeNull();
  });

  it('says where it stands beside as much of the period before', () => {
    const noteOf = (until: string, compare = true) => {
      const ranged = result([carrier, count], [['UA', 1]], {
        from: '2013-01-01T00:00:00Z',
        to: '2013-02-01T00:00:00Z',
      });
      ranged.provenance.complete_until = until;
      const common = { model: 'flights', zone: 'UTC', before: ranged };
      const table = flatTable({ ...common, result: ranged, compare });
      expect(table.columns).toHaveLength(compare ? 5 : 2);
      return table.note;
    };
    expect(noteOf('2013-01-10T00:00:00Z')).toBe('Compared with as much of the period before');
    expect(noteOf('2013-01-10T00:00:00Z', false)).toBeNull();
    expect(noteOf('2013-02-01T00:00:00Z')).toBeNull();
  });

  it('has no change from nothing', () => {
    expect(change(5, 0)).toBeNull();
    expect(change(null, 5)).toBeNull();
    expect(change(5, -10)).toBe(1.5);
    expect(difference(5, 'x')).toBeNull();
  });
});

describe('buckets of two periods', () => {
  const range = (from: string, to: string) => ({
    from: `${from}T00:00:00Z`,
    to: `${to}T00:00:00Z`,
  });
  const days = (all: string[], of: { from: string; to: string }) =>
    result(
      [day, count],
      all.map((date) => [`${date}T00:00:00Z`, 1]),
      of,
    );

  it('belong together by their place, also where one has gaps', () => {
    const now = days(['2013-01-12', '2013-01-14'], range('2013-01-11', '2013-01-15'));
    const before = days(
      ['2013-01-07', '2013-01-08', '2013-01-10'],
      range('2013-01-07', '2013-01-11'),
    );
    // 12 January is the second day, as 8 January was; 14 the fourth, as 10.
    expect([...matchBefore(now, before, 'UTC')]).toEqual([1, 2]);
  });

  it('count days on the wall clock: one of 25 hours is one day', () => {
    const zone = 'America/New_York';
    const at = (text: string): Cell[] => [text, 1];
    const now = result([day, count], [at('2013-11-03T04:00:00Z'), at('2013-11-04T05:00:00Z')], {
      from: '2013-11-03T04:00:00Z',
      to: '2013-11-05T05:00:00Z',
    });
    const before = result([day, count], [at('2013-11-01T04:00:00Z'), at('2013-11-02T04:00:00Z')], {
      from: '2013-11-01T04:00:00Z',
      to: '2013-11-03T04:00:00Z',
    });
    expect([...matchBefore(now, before, zone)]).toEqual([0, 1]);
  });

  it.each<[Grain, string, string[], string, string[], number[]]>([
    // Weeks begin on Mondays; the first of the later period has no rows.
    ['week', '2013-10-04', ['2013-10-07'], '2013-07-06', ['2013-07-01', '2013-07-08'], [1]],
    ['month', '2013-03-31', ['2013-05-01'], '2013-01-31', ['2013-01-01', '2013-03-01'], [1]],
    ['year', '2013-01-01', ['2013-01-01'], '2012-01-01', ['2012-01-01'], [0]],
  ])(
    'of a %s count from the one that the range begins in',
    (grain, from, now, earlier, before, rows) => {
      const of = (all: string[], start: string) =>
        result(
          [{ ...day, grain }, count],
          all.map((date) => [`${date}T00:00:00Z`, 1]),
          { from: `${start}T00:00:00Z`, to: '2014-01-01T00:00:00Z' },
        );
      expect([...matchBefore(of(now, from), of(before, earlier), 'UTC')]).toEqual(rows);
    },
  );

  it('have nobody beside them where there was nothing', () => {
    const now = days(['2013-01-12'], range('2013-01-11', '2013-01-13'));
    expect([...matchBefore(now, days([], range('2013-01-09', '2013-01-11')), 'UTC')]).toEqual([-1]);
  });
});

describe('what has no total', () => {
  it('is named, and nothing else', () => {
    const grouped = result([carrier, count, average], [['UA', 1, 2]]);
    expect(withoutTotal(grouped)).toEqual(['count', 'average']);
    expect(withoutTotal({ ...grouped, totals: [total([], [count], [[1]])] })).toEqual(['average']);
    expect(withoutTotal({ ...grouped, totals: [total([], [], [])] })).toEqual(['count', 'average']);
    expect(withoutTotal(result([count], [[1]]))).toEqual([]);
  });
});

describe('a table with values across', () => {
  const rows: Cell[][] = [
    ['UA', 'EWR', 10, 1],
    ['UA', 'JFK', 20, 4],
    ['DL', 'JFK', 5, 7],
    [null, 'EWR', 1, 9],
  ];
  const base = result([carrier, origin, count, average], rows);

  it('has a column for each value and measure, and gaps where there is nothing', () => {
    const table = pivotTable({
      model: 'flights',
      result: base,
      across: 'f.origin',
      zone: 'UTC',
    });
    expect(table?.columns.map(({ label }) => label)).toEqual([
      'carrier',
      'EWR · count',
      'EWR · average',
      'JFK · count',
      'JFK · average',
    ]);
    expect(table?.data[0]).toEqual(['UA', 'DL', null]);
    expect(table?.data[1]).toEqual([10, null, 1]);
    expect(table?.data[4]).toEqual([4, 7, null]);
    expect(table?.footer).toBeNull();
    expect(new Set(table?.columns.map(({ name }) => name)).size).toBe(5);
  });

  it('takes totals as they come: the average of all is no average of averages', () => {
    const totals = [
      total([], [count, average], [[36, 3.7]]),
      total(
        ['origin'],
        [origin, count, average],
        [
          ['JFK', 25, 4.6],
          ['EWR', 11, 1.7],
        ],
      ),
      total(
        ['carrier'],
        [carrier, count, average],
        [
          ['DL', 5, 7],
          ['UA', 30, 3],
          [null, 1, 9],
        ],
      ),
    ];
    const table = pivotTable({
      model: 'flights',
      result: { ...base, totals },
      across: 'f.origin',
      zone: 'UTC',
    });
    expect(table?.footer).toEqual([null, 11, 1.7, 25, 4.6, 36, 3.7]);
    expect(table?.columns.at(-1)?.label).toBe('Total · average');
    expect(table?.data.at(-1)).toEqual([3, 7, 9]);
  });

  it('is one row where nothing else is grouped by, with the total beside it', () => {
    const table = pivotTable({
      model: 'flights',
      result: {
        ...result(
          [origin, count],
          [
            ['EWR', 11],
            ['JFK', 25],
          ],
        ),
        totals: [total([], [count], [[36]])],
      },
      across: 'f.origin',
      zone: 'UTC',
    });
    expect(table?.data).toEqual([[11], [25], [36]]);
    expect(table?.footer).toBeNull();
  });

  it('opens the group of a cell, also of one without a value', () => {
    const table = pivotTable({
      model: 'flights',
      result: base,
      across: 'f.origin',
      zone: 'UTC',
    });
    const members = (row: number, at: number) =>
      table?.groupOf(row, at).members.map(({ value }) => value);
    expect(members(0, 3)).toEqual(['UA', 'JFK']);
    expect(members(1, 1)).toEqual(['DL']);
    expect(members(0, 0)).toEqual(['UA']);
  });

  it('puts times in their order, and not too many columns', () => {
    const start = Date.parse('2013-01-01T00:00:00Z');
    const many = Array.from({ length: MOST_ACROSS + 5 }, (_, index): Cell[] => [
      new Date(start + (MOST_ACROSS + 4 - index) * 86_400_000).toISOString(),
      index,
    ]);
    const table = pivotTable({
      model: 'flights',
      result: result([day, count], many),
      across: 'f.day',
      zone: 'UTC',
    });
    expect(table?.columns[0]?.label).toBe('1 Jan 2013');
    expect(table?.rowCount).toBe(1);
    expect(table?.note).toBe('First 60 of 65 values of day stand across');
  });

  it('is none for a member that is not part of the answer', () => {
    expect(
      pivotTable({
        model: 'flights',
        result: base,
        across: 'f.x',
        zone: 'UTC',
      }),
    ).toBeNull();
  });
});
