// Versions in words.
import { describe, expect, it } from 'vitest';
import { version, versionLoad } from '@/testing/version-fixtures';
import { rowChange, sourceName, versionDetail } from './version-words';

const id = '019a0000-0000-7000-8000-000000000001';

describe('a version', () => {
  it.each([
    [{ rows_added: 0, rows_removed: 0 }, 'no row changed'],
    [{ rows_added: 1, rows_removed: 0 }, '+1 row'],
    [{ rows_added: 1_200, rows_removed: 0 }, '+1,200 rows'],
    [{ rows_added: 0, rows_removed: 1 }, '\u22121 row'],
    [{ rows_added: 5, rows_removed: 3 }, '+5 \u22123 rows'],
    [{ rows_added: 0, rows_removed: null }, 'rows may have gone'],
    [{ rows_added: 5, rows_removed: null }, '+5 rows, and others may have gone'],
  ])('%j: %s', (change, words) => {
    expect(rowChange(change)).toBe(words);
  });

  it('names where its rows came from', () => {
    expect(versionDetail(version(1, { loads: [versionLoad()] }))).toBe('flights.csv.gz');
    const three = ['a.csv', 'b.csv', 'c.csv'].map((source) => versionLoad({ source }));
    expect(versionDetail(version(1, { loads: three }))).toBe('3 loads: a.csv, b.csv, \u2026');
    expect(versionDetail(version(1, { operation: 'compaction' }))).toContain('rows are the same');
    expect(versionDetail(version(1, { operation: 'other' }))).toBe('');
  });
});

describe('a load', () => {
  it('is a file, a push, or a correction', () => {
    expect(sourceName(versionLoad())).toBe('flights.csv.gz');
    expect(sourceName({ source: 'rows.json' })).toBe('Pushed rows');
    expect(sourceName({ source: `corrected rows of ${id}.ndjson` })).toBe('Corrected rows');
    expect(sourceName({ source: 'corrected rows of May.ndjson' })).toBe(
      'corrected rows of May.ndjson',
    );
  });
});
