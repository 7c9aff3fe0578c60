// How long things are kept: what is typed, what is sent, and what is asked about once more.
import { describe, expect, it } from 'vitest';
import type { DatasetSettings } from '@/api/types';
import {
  daysProblem,
  firstDayKept,
  formOf,
  settingsOf,
  takesRows,
  takesVersions,
  versionsKept,
} from './keeping-words';

const of = (keep_days: number | null, versions_kept_days: number | null): DatasetSettings => ({
  keep_days,
  versions_kept_days,
  keys_kept_days: null,
});

describe('the form', () => {
  it.each([of(null, null), of(30, null), of(null, 0), of(36_500, 3_650)])(
    'gives %j back',
    (settings) => {
      expect(settingsOf(formOf(settings), settings)).toEqual(settings);
    },
  );

  it.each([
    ['rowDays', '1', true],
    ['rowDays', ' 30 ', true],
    ['rowDays', '0', false],
    ['rowDays', '36501', false],
    ['rowDays', '1.5', false],
    ['rowDays', '', false],
    ['versionDays', '1', true],
    ['versionDays', '0', false],
    ['versionDays', '00', false],
    ['versionDays', '3651', false],
  ] as const)('%s %j: %s', (field, text, fits) => {
    expect(daysProblem(field, text) === null).toBe(fits);
  });

  it('says what no days would do, except where it is so already', () => {
    expect(daysProblem('rowDays', '0')).toBe('Enter at least 1 day: with 0, no row would stay');
    expect(daysProblem('versionDays', '0')).toMatch(/^Enter at least 1 day: .* gone as soon as/);
    expect(daysProblem('versionDays', '0', 0)).toBeNull();
    expect(daysProblem('rowDays', '36501')).toBe('Enter a whole number of days, 1 to 36,500 days');
    expect(settingsOf(formOf(of(null, 0)), of(null, 7))).toBeNull();
  });

  it('sends nothing that is not valid', () => {
    const form = formOf(of(30, null));
    expect(settingsOf({ ...form, rowDays: 'soon' }, of(30, null))).toBeNull();
    // What was typed for the other choice is not looked at.
    expect(settingsOf({ ...form, rows: 'all', rowDays: 'soon' }, of(30, null))).toEqual(
      of(null, null),
    );
  });
});

describe('what goes', () => {
  it.each([
    [of(null, null), of(30, null), true, false],
    [of(30, null), of(7, null), true, false],
    [of(30, null), of(90, null), false, false],
    [of(30, null), of(null, null), false, false],
    [of(null, 7), of(null, 1), false, true],
    [of(null, 7), of(null, 30), false, false],
    [of(null, 7), of(null, null), false, true],
    [of(null, null), of(null, 0), false, true],
  ])('from %j to %j: rows %s, versions %s', (before, after, rows, versions) => {
    expect(takesRows(before, after)).toBe(rows);
    expect(takesVersions(before, after)).toBe(versions);
  });

  it('is named by its day', () => {
    expect(firstDayKept(30, Date.parse('2026-11-26T10:00:00Z'))).toBe('2026-10-27');
  });

  it('is said in words', () => {
    expect(versionsKept(1)).toBe('for 1 day after the next one came');
    expect(versionsKept(null)).toContain('a week');
  });
});
