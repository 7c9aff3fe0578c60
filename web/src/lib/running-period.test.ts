// Which periods are still running, by where data and range end.
import { describe, expect, it } from 'vitest';
import type { Cell, Grain, ResultColumn } from '@/api/types';
import { answer } from '@/testing/fake-engine';
import { isRangeRunning, runningBuckets, runningTest } from './running-period';

const { provenance } = answer({ measures: ['flights.count'] });
const zone = 'America/New_York';
const at = (instant: string) => Date.parse(instant);

const reach = (until: string | null, from?: string, to = '') => ({
  complete_until: until,
  time_range: from === undefined ? null : { from, to },
});

describe('a bucket', () => {
  it.each([
    ['it has ended', '2026-09-03T10:00:00Z', 'day', '2026-09-02T04:00:00Z', false],
    ['the data end in it', '2026-09-03T10:00:00Z', 'day', '2026-09-03T04:00:00Z', true],
    ['it comes later', '2026-09-03T10:00:00Z', 'day', '2026-09-04T04:00:00Z', true],
    ['the data end with it', '2026-09-04T04:00:00Z', 'day', '2026-09-03T04:00:00Z', false],
    ['hardly any of it is to come', '2026-09-04T03:00:00Z', 'day', '2026-09-03T04:00:00Z', false],
    ['nobody knows how far data go', null, 'day', '2026-09-03T04:00:00Z', false],
    ['there are none', '2026-09-03T10:00:00Z', null, '2026-09-03T04:00:00Z', false],
  ] as const)('where %s', (_, until, grain: Grain | null, start, running) => {
    expect(runningTest(reach(until), grain, zone)(at(start))).toBe(running);
  });

  it('ends where the range ends, and is as wide as it is', () => {
    const cut = reach('2026-10-01T00:00:00Z', '2026-09-01T04:00:00Z', '2026-09-10T04:00:00Z');
    expect(runningTest(cut, 'week', zone)(at('2026-08-31T04:00:00Z'))).toBe(false);
    expect(runningTest(cut, 'week', zone)(at('2026-09-07T04:00:00Z'))).toBe(true);
    expect(runningTest(cut, 'week', zone, 2)(at('2026-08-31T04:00:00Z'))).toBe(true);
  });
});

describe('an answer', () => {
  const time: ResultColumn = {
    name: 's.at',
    label: 'At',
    type: 'timestamp',
    role: 'time',
    grain: 'month',
    format: null,
  };
  const sent: ResultColumn = { ...time, name: 's.sent' };
  const months: Cell[] = [null, '2026-08-01T04:00:00Z', '2026-09-01T04:00:00Z', 'never'];
  const result = {
    columns: [time, sent],
    data: [months, months],
    provenance: { ...provenance, ...reach('2026-09-03T10:00:00Z'), timezone: zone },
  };

  it('has buckets that run in its first time, which is told how far it goes', () => {
    expect(runningBuckets(result, time)).toEqual(new Set(['2026-09-01T04:00:00Z']));
    expect(runningBuckets(result, sent)).toBeUndefined();
  });

  it('has none once its data go on', () => {
    const later = { ...provenance, ...reach('2026-10-03T10:00:00Z'), timezone: zone };
    expect(runningBuckets({ ...result, provenance: later }, time)).toBeUndefined();
  });

  it.each([
    ['2026-09-20T00:00:00Z', true],
    ['2026-09-30T00:00:00Z', false],
    [null, false],
  ])('of a month whose data end at %s', (until, running) => {
    const month = reach(until, '2026-09-01T00:00:00Z', '2026-10-01T00:00:00Z');
    expect(isRangeRunning(month)).toBe(running);
    expect(isRangeRunning({ ...month, time_range: null })).toBe(false);
  });
});
