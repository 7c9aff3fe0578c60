// What of a statement's rows is drawn, and why others are not.
import { describe, expect, it } from 'vitest';
import type { Cell, ColumnType, QueryResult } from '@/api/types';
import { previewResult } from '@/testing/fixtures';
import { picturesOf } from './pictures';

const rows = (...columns: [name: string, type: ColumnType, values: Cell[]][]): QueryResult => ({
  ...previewResult(0),
  columns: columns.map(([name, type]) => ({
    name,
    label: name,
    type,
    role: 'column',
    format: null,
  })),
  data: columns.map(([, , values]) => values),
  row_count: columns[0]?.[2].length ?? 0,
});
const carrier: [string, ColumnType, Cell[]] = ['carrier', 'string', ['UA', 'DL']];
const flights: [string, ColumnType, Cell[]] = ['flights', 'integer', [40, 30]];
const drawn = (result: QueryResult) => {
  const pictures = picturesOf(result);
  if (typeof pictures === 'string') return pictures;
  return [
    pictures.kind,
    ...pictures.results.map(({ columns }) => columns.map(({ name, role }) => `${name} ${role}`)),
  ];
};

describe('rows of a statement', () => {
  it('are bars by their first text, lines over their first time', () => {
    expect(drawn(rows(flights, carrier))).toEqual([
      'bar',
      ['carrier dimension', 'flights measure'],
    ]);
    const day: [string, ColumnType, Cell[]] = ['day', 'date', ['2013-01-01', '2013-01-02']];
    expect(drawn(rows(carrier, day, flights))).toEqual([
      'line',
      ['day time', 'carrier dimension', 'flights measure'],
    ]);
  });

  it('are drawn by their first column where all are numbers', () => {
    expect(drawn(rows(['month', 'integer', [1, 2]], flights))).toEqual([
      'bar',
      ['month dimension', 'flights measure'],
    ]);
  });

  it('have a picture for each scale, of three numbers at most', () => {
    const miles: [string, ColumnType, Cell[]] = ['miles', 'float', [90_000, null]];
    const late: [string, ColumnType, Cell[]] = ['late', 'float', [12.5, 4]];
    expect(drawn(rows(carrier, flights, miles, late, ['more', 'float', [1, 2]]))).toEqual([
      'bar',
      ['carrier dimension', 'flights measure', 'late measure'],
      ['carrier dimension', 'miles measure'],
    ]);
  });

  it('are not drawn where some of them would be hidden, or nothing is a number', () => {
    expect(drawn(rows(['carrier', 'string', ['UA', 'UA']], flights))).toBe(
      'Several rows have the same carrier: group by it to draw them',
    );
    expect(drawn(rows(carrier))).toBe('A picture needs a column of numbers');
    expect(drawn(rows(flights))).toMatch(/^A picture needs a time/);
  });
});
