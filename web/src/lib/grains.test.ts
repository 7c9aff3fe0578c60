// Widths of buckets as people type them.
import { describe, expect, it } from 'vitest';
import { parseGrain } from './grains';

describe('a typed width', () => {
  it.each([
    ['day', 'day'],
    ['1 day', 'day'],
    [' 15  Minutes ', '15 minutes'],
    ['15 min', '15 minutes'],
    ['15min', '15 minutes'],
    ['every 6 hours', '6 hours'],
    ['2 weeks from 2024-01-02', '2 weeks from 2024-01-02'],
    ['8 hours from 2024-01-01T06:00', '8 hours from 2024-01-01T06:00'],
    ['month from 2024-01-25', '1 month from 2024-01-25'],
    ['366 days', '366 days'],
    ['30 s', '30 seconds'],
  ])('reads %j as %j', (typed, grain) => {
    expect(parseGrain(typed)).toEqual({ grain });
  });

  it.each([
    ['', /^Type a width/],
    ['eon', /^Type a width/],
    ['weeks from monday', /^Type a width/],
    ['7 minutes', /^Of minutes there may be 1, 2, 3/],
    ['5 hours', /^Of hours/],
    ['0 days', /1 to 366/],
    ['54 weeks', /1 to 53/],
    ['2 quarters', /^Of quarters there may be one\.$/],
  ])('refuses %j with words', (typed, problem) => {
    expect(parseGrain(typed)).toEqual({ problem: expect.stringMatching(problem) as string });
  });
});
