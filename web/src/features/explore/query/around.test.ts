// What is asked around an answer, and what is not because the engine would refuse it.
import { describe, expect, it } from 'vitest';
import { canFill, hasOnlyGaps } from '@/lib/missing-buckets';
import { topQuestion } from '@/lib/top-values';
import { answer, flightsModel } from '@/testing/fake-engine';
import type { ExploreState } from '../state/explore-state';
import { emptyState, tidy } from '../state/explore-state';
import { flatTable } from '../table/flat-table';
import { pivotTable } from '../table/pivot-table';
import { fillOf, topOf } from './around';
import { beforeQuery, mainQuery } from './to-query';

const state = (part: Partial<ExploreState>): ExploreState => ({
  ...emptyState,
  measures: ['count'],
  ...part,
});
const asked = (part: Partial<ExploreState>) => mainQuery(state(part), flightsModel);
const split: Partial<ExploreState> = { dimensions: ['carrier'], grain: 'month', range: 'all' };
const onMeasure: Partial<ExploreState> = {
  filters: [{ or: [{ member: 'count', operator: 'gt', values: [5] }] }],
};
const usual = { dimension: 'carrier', limit: 8, others: true };

describe('the greatest values', () => {
  it('are told apart where a picture over time is split, and nowhere else by themselves', () => {
    expect(asked(split)?.top).toEqual({ ...usual, dimension: 'flights.carrier' });
    expect(asked({ ...split, top: 'all' })?.top).toBeUndefined();
    expect(asked({ ...split, chart: 'table' })?.top).toBeUndefined();
    expect(asked({ dimensions: ['carrier'] })?.top).toBeUndefined();
    expect(asked({ dimensions: ['carrier'], top: { ...usual, limit: 3 } })?.top?.limit).toBe(3);
  });

  it('are not asked next to a condition on a measure', () => {
    expect(topOf(state({ ...split, ...onMeasure, top: usual }), flightsModel)).toBeNull();
    expect(fillOf(state({ ...split, ...onMeasure, fill: 'zero' }), flightsModel)).toBeNull();
  });

  it('are those of the first measure that can say which', () => {
    const model = {
      ...flightsModel,
      measures: [
        { name: 'so_far', label: 'So far', kind: 'cumulative' as const, measure: 'count' },
        { name: 'twice', label: 'Twice', kind: 'number' as const, expression: '2 * {so_far}' },
        { name: 'place', label: 'Place', kind: 'rank' as const, measure: 'count' },
        ...flightsModel.measures,
      ],
    };
    expect(topQuestion(['twice', 'count'], [], model)).toEqual({ by: 'count', obstacle: null });
    expect(topQuestion(['count'], [], model).by).toBeNull();
    expect(topQuestion(['twice'], [], model).obstacle).toContain('None of the measures');
    expect(topQuestion(['count', 'place'], [], model).obstacle).toContain('Place is a place');
    expect(topQuestion([], [], model).obstacle).toContain('Choose a measure');
  });

  it('go with their dimension', () => {
    expect(tidy(state({ top: usual }), null).top).toBeNull();
    expect(tidy(state({ ...split, top: usual }), null).top).toEqual(usual);
  });

  it('are not those of the period before, whose rows are found by their values', () => {
    const range = {
      time_range: { from: '2013-12-02T00:00:00Z', to: '2014-01-01T00:00:00Z' },
      complete_until: null,
    };
    const before = beforeQuery(
      asked({ ...split, range: 'last 30 days of data', grain: 'day' }),
      flightsModel,
      range,
      'UTC',
    );
    expect(before?.top).toBeUndefined();
    expect(before?.timeDimensions?.[0]?.fill).toBeUndefined();
  });
});

describe('times without rows', () => {
  it('are gaps while they are few, and what was chosen always', () => {
    expect(asked({ grain: 'day' })?.timeDimensions?.[0]?.fill).toBe('null');
    expect(asked({ grain: 'second' })?.timeDimensions?.[0]?.fill).toBeUndefined();
    expect(asked({ grain: 'second', fill: 'zero' })?.timeDimensions?.[0]?.fill).toBe('zero');
    expect(asked({ ...split, top: 'all' })?.timeDimensions?.[0]?.fill).toBeUndefined();
  });

  it('are counted before they are asked for', () => {
    expect(canFill('last 90 days of data', 'hour', 1)).toBe(true);
    expect(canFill('last 90 days of data', 'hour', 9)).toBe(false);
    expect(canFill(['2013-01-01', '2013-01-03'], 'minute', 1)).toBe(true);
    expect(canFill('all', 'day', 9)).toBe(false);
    expect(canFill('this quarter', 'second', 1)).toBe(false);
  });

  it('are all there is where no rows are', () => {
    const query = asked({ grain: 'day' })!;
    const { columns } = answer(query);
    expect(hasOnlyGaps({ columns, data: [['2013-01-01T00:00:00Z'], [null]] }, query)).toBe(true);
    expect(hasOnlyGaps({ columns, data: [['2013-01-01T00:00:00Z'], [0]] }, query)).toBe(false);
  });
});

describe('tables with all other values together', () => {
  const input = { model: 'flights', before: null, compare: false, zone: 'America/New_York' };
  const sum = (values: unknown[] = []) => values.reduce<number>((all, one) => all + Number(one), 0);

  it('have them last, and count them once in the total', () => {
    const table = flatTable({ ...input, result: answer(asked(split)!) });
    expect(table.others).toMatchObject({ column: 1 });
    expect(table.others!.from).toBeLessThan(table.rowCount);
    expect(sum(table.data[2])).toBe(table.footer?.[2]);
  });

  it('have a column of them where their dimension stands across', () => {
    const result = answer(asked({ ...split, pivot: 'carrier' })!);
    const table = pivotTable({ ...input, result, across: 'flights.carrier' })!;
    const at = table.columns.findIndex(({ other }) => other);
    expect(table.columns[at]).toMatchObject({ label: 'Other', opens: false });
    expect(at).toBe(table.columns.length - 2);
    expect(sum(table.data[at])).toBe(table.footer?.[at]);
    expect(sum(table.footer?.slice(1, -1))).toBe(table.footer?.at(-1));
  });

  it('have a row of them where time stands across', () => {
    const result = answer(asked({ ...split, pivot: 'time_hour' })!);
    const table = pivotTable({ ...input, result, across: 'flights.time_hour' })!;
    expect(table.others).toEqual({ from: 8, column: 0 });
    expect(table.rowCount).toBe(9);
    expect(sum(table.data.slice(1, -1).map((values) => values[8]))).toBe(table.data.at(-1)?.[8]);
  });
});
