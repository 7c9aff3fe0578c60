// The words of provenance, for answers that leave nothing open and for those that do.
import { describe, expect, it } from 'vitest';
import type { Provenance } from '@/api/types';
import { boundText, provenanceGroups, segmentParts, totalOf } from './provenance-words';
import { provenanceLine } from './provenance-line';

const now = Date.parse('2026-11-26T10:00:00Z');

const provenance: Provenance = {
  dataset: 'flights',
  version: 3,
  complete_until: '2014-01-01T04:00:00Z',
  time_range: { from: '2013-12-01T05:00:00Z', to: '2014-01-01T05:00:00Z' },
  timezone: 'America/New_York',
  exact: true,
  bounds: [],
  total_rows: 31,
  truncated: false,
  segments_total: 14,
  segments_read: 1,
  segments_reused: 9,
  segments_rolled: 2,
  segments_pruned: 2,
  rows_scanned: 28_279,
  bytes_read: 1_234_560,
  rollups: [],
  row_filter_applied: false,
  stages: [{ name: 'plan', duration_us: 900 }],
};

const facts = (change: Partial<Provenance> = {}): Record<string, string> =>
  Object.fromEntries(
    provenanceGroups({ ...provenance, ...change }, now - 60_000)
      .flatMap((group) => group.facts)
      .map((fact) => [fact.name, [fact.value, fact.hint].filter(Boolean).join(' | ')]),
  );

/** Without the thin spaces that dates have around their dash. */
const plain = (text = ''): string => text.replace(/\s?–\s?/g, '–');

describe('provenance in words', () => {
  it('names data, range and zone', () => {
    const found = facts();
    expect(found['Dataset']).toBe('flights, version 3');
    expect(plain(found['Range'])).toBe(
      '1–31 Dec 2013 | 1 Dec 2013, 00:00:00 to before 1 Jan 2014, 00:00:00',
    );
    expect(found['Time zone']).toBe('America/New_York');
    expect(found['Calendar']).toBe('weeks begin on Monday, years in January');
    expect(found['Days off']).toBeUndefined();
    const calendar = { weekStart: 'monday', yearStart: 1 } as const;
    expect(facts({ calendar })['Days off']).toBeUndefined();
    const told = facts({
      calendar: { ...calendar, weekend: ['friday', 'saturday'], holidayCount: 12 },
    });
    expect(told['Days off']).toContain('Friday, Saturday, 12 holidays');
    const other = { weekStart: 'sunday', yearStart: 4, dayStart: 6 } as const;
    expect(facts({ calendar: other })['Calendar']).toBe(
      'weeks begin on Sunday, years in April, days at 06:00',
    );
    expect(plain(facts({ relative_range: 'last month of data' })['Range'])).toBe(
      '1–31 Dec 2013 (last month of data) | 1 Dec 2013, 00:00:00 to before 1 Jan 2014, 00:00:00',
    );
    expect(found['Complete until']).toContain('31 Dec 2013, 23:00');
    expect(found['Exact']).toBe('yes, every number');
    expect(found['Row filter']).toBe('none');
    expect(found['Read from storage']).toBe('1.23\u00a0MB');
  });

  it.each<[string, Partial<Provenance>, string, string]>([
    ['no dataset', { dataset: null, version: null }, 'Dataset', 'none was read'],
    ['no version', { version: null }, 'Dataset', 'flights'],
    ['no range', { time_range: null }, 'Range', 'all time'],
    ['open end', { complete_until: null }, 'Complete until', 'not known'],
    [
      'not counted',
      { total_rows: null, truncated: true },
      'Rows in the answer',
      'not counted, cut at the limit',
    ],
    ['a filter', { row_filter_applied: true }, 'Row filter', 'applied'],
    [
      'a policy',
      { access: [{ dataset: 'flights', policies: ['own_airport'] }] },
      'Access',
      'Restricted by access policy own_airport | You see what',
    ],
    [
      'a policy that leaves nothing',
      {
        access: [
          { dataset: 'flights', policies: [], no_rows: 'no access policy of flights is for you' },
          { dataset: 'planes', policies: ['b'] },
        ],
      },
      'Access to flights',
      'No access policy of flights is for you.',
    ],
    ['old rows gone', { retained_from: '2013-01-01T05:00:00Z' }, 'Rows kept from', '1 Jan 2013'],
    ['no bound', { exact: false }, 'Exact', 'no, an estimate is part of it'],
    ['a rollup', { rollups: [{ name: 'hourly', segments: 2 }] }, 'hourly', 'answered 2 segments'],
    [
      'another',
      { rollups: [{ name: 'x', segments: 0, lacks: 'it does not keep y' }] },
      'x',
      'not used: it does not keep y',
    ],
  ])('says of %s', (_name, change, fact, text) => {
    expect(facts(change)[fact]).toContain(text);
  });

  it('names every dataset that was read, in its version', () => {
    const sources = [
      { dataset: 'flights', version: 1_003, complete_until: '2014-01-01T04:00:00Z' },
      { dataset: 'airlines', version: 2, complete_until: null },
    ];
    const [data] = provenanceGroups({ ...provenance, dataset: null, version: null, sources }, now);
    expect(
      data?.facts.slice(0, 3).map(({ name, value, hint }) => [name, value, hint ?? '']),
    ).toEqual([
      ['Datasets', 'flights, version 1,003', expect.stringContaining('31 Dec 2013, 23:00')],
      ['', 'airlines, version 2', 'Complete until: not known'],
      ['Checked', expect.any(String), ''],
    ]);
    // How far all of them go is nothing that one time says.
    expect(data?.facts.map(({ name }) => name)).not.toContain('Complete until');
  });

  it('tells bounds by the label of the measure, certain ones apart', () => {
    const columns = [
      {
        name: 'flights.people',
        label: 'People',
        type: 'integer' as const,
        role: 'measure' as const,
        format: null,
      },
    ];
    const bound = { measure: 'flights.people', kind: 'relative_error' as const, value: 0.01625 };
    expect(boundText({ ...bound, confidence: 0.95 }, columns)).toBe(
      'People: 95% of such numbers are off by less than 1.63%',
    );
    expect(boundText({ ...bound, confidence: 1 })).toBe('flights.people is off by at most 1.63%');
  });

  it('makes parts of the segments that add up to what was there', () => {
    expect(totalOf(segmentParts(provenance))).toBe(provenance.segments_total);
  });

  it('is one line under a table', () => {
    expect(plain(provenanceLine({ ...provenance, exact: false }))).toBe(
      'flights version 3 · 1–31 Dec 2013 · America/New_York · estimated',
    );
  });
});
