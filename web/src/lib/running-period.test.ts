// Which periods are still running: the answer says so of buckets, and of ranges by which clock it was made.
import { describe, expect, it } from 'vitest';
import type { Cell, ResultColumn } from '@/api/types';
import { answer } from '@/testing/fake-engine';
import { isRangeRunning, runningBuckets, runningTest } from './running-period';

const { provenance } = answer({ measures: ['flights.count'] });
const at = (instant: string) => Date.parse(instant);

it.each([
  ['it is the first that runs', '2026-09-03T04:00:00Z', '2026-09-03T04:00:00.000Z', true],
  ['it comes later', '2026-09-03T04:00:00Z', '2026-09-04T04:00:00Z', true],
  ['it has ended', '2026-09-03T04:00:00Z', '2026-09-02T04:00:00Z', false],
  ['the answer has no buckets', undefined, '2026-09-03T04:00:00Z', false],
  ['none is told', null, '2026-09-03T04:00:00Z', false],
])('a bucket where %s', (_, from, start, running) => {
  expect(runningTest(from === undefined ? {} : { running_from: from })(at(start))).toBe(running);
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
    provenance: { ...provenance, running_from: '2026-09-01T04:00:00Z' },
  };

  it('has buckets that run in its first time, of which it is told', () => {
    expect(runningBuckets(result, time)).toEqual(new Set(['2026-09-01T04:00:00Z']));
    expect(runningBuckets(result, sent)).toBeUndefined();
  });

  it('has none once the first that runs comes after them', () => {
    const later = { ...provenance, running_from: '2026-10-01T04:00:00Z' };
    expect(runningBuckets({ ...result, provenance: later }, time)).toBeUndefined();
  });

  it.each([
    // It goes on, however little is to come, and whatever is dated ahead.
    ['2026-09-30T13:00:00Z', '2026-09-30T13:00:00Z', true],
    ['2026-09-20T00:00:00Z', '2030-01-01T00:00:00Z', true],
    ['2026-09-20T00:00:00Z', null, true],
    // It is over, and its data may lack a twentieth.
    ['2026-10-01T00:00:00Z', '2026-09-30T00:00:00Z', false],
    ['2026-11-01T00:00:00Z', '2026-09-20T00:00:00Z', true],
    ['2026-11-01T00:00:00Z', null, false],
    [undefined, '2026-09-20T00:00:00Z', true],
  ])('of a month, made at %s of data until %s', (now, until, running) => {
    const month = {
      ...(now === undefined ? {} : { answered_at: now }),
      complete_until: until,
      time_range: { from: '2026-09-01T00:00:00Z', to: '2026-10-01T00:00:00Z' },
    };
    expect(isRangeRunning(month)).toBe(running);
    expect(isRangeRunning({ ...month, time_range: null })).toBe(false);
  });
});
