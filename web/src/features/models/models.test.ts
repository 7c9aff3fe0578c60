// Kinds of measures, places of problems, and when two models are the same.
import { describe, expect, it } from 'vitest';
import type { MeasureKind, ModelDimension, ModelMeasure } from '@/api/types';
import { joinedFlights } from '@/testing/joined-fixtures';
import { flightsDetail } from '@/testing/fixtures';
import { asKind } from './state/measure-kinds';
import { missingOf, placeName, saidAt, saidElsewhere } from './state/places';
import { EXPRESSION, sourceOf, withSource, wrongSources } from './state/source-of';
import { sameModel, writtenModel } from './state/written';

const sum: ModelMeasure = {
  name: 'revenue',
  label: 'Revenue',
  kind: 'sum',
  column: 'amount',
  filters: [{ member: 'orders.status', operator: 'equals', values: ['paid'] }],
  format: 'currency_eur',
};

describe('another kind of a measure', () => {
  it.each<[MeasureKind, object]>([
    ['avg', { column: 'amount', filters: sum.filters }],
    ['quantile', { column: 'amount', quantile: 0.5, filters: sum.filters }],
    ['balance', { column: 'amount', by: [], filters: sum.filters }],
    ['number', { expression: '' }],
    ['ratio', { measure: 'count', denominator: 'count' }],
    ['rank', { measure: 'count' }],
    ['time_shift', { measure: 'count', span: { count: 1, unit: 'month' } }],
  ])('%s keeps what it takes and nothing else', (kind, fields) => {
    expect(asKind(sum, kind, ['revenue', 'count'])).toEqual({
      name: 'revenue',
      label: 'Revenue',
      format: 'currency_eur',
      kind,
      ...fields,
    });
  });

  it('keeps what is said of the measure', () => {
    const said = {
      description: 'What was paid',
      meta: { owner: 'shop' },
      public: false,
      drill: ['day'],
    };
    expect(asKind({ ...sum, ...said }, 'rank', ['count'])).toMatchObject(said);
  });

  it('does not take a formula over measures for one over columns', () => {
    const formula: ModelMeasure = {
      name: 'x',
      label: 'X',
      kind: 'number',
      expression: '{a} / {b}',
    };
    expect(asKind(formula, 'sum', ['a'])).toEqual({ name: 'x', label: 'X', kind: 'sum' });
    expect(asKind(formula, 'number', ['a'])).toEqual(formula);
  });

  it('keeps what groups are alike in where it is compared, and nowhere else', () => {
    const share = {
      name: 'x',
      label: 'X',
      kind: 'share_of_total' as const,
      measure: 'a',
      within: ['city'],
    };
    expect(asKind(share, 'rank', ['a'])).toEqual({ ...share, kind: 'rank' });
    expect(asKind(share, 'cumulative', ['a'])).not.toHaveProperty('within');
  });
});

describe('what a dimension is made of', () => {
  const { columns } = flightsDetail;
  const origin: ModelDimension = { name: 'origin', label: 'From', type: 'string', format: 'x' };

  it('is its column, the one that is called as it is, or an expression', () => {
    expect(sourceOf(origin)).toBe('origin');
    expect(sourceOf({ ...origin, column: 'dest' })).toBe('dest');
    expect(sourceOf({ ...origin, expression: '' })).toBe(EXPRESSION);
  });

  it.each<[Partial<ModelDimension>, string, object]>([
    [{}, 'dest', { type: 'string', column: 'dest' }],
    [{ expression: 'upper(dest)' }, 'distance', { type: 'integer', column: 'distance' }],
    // A whole number may be told as one with a fraction.
    [{ type: 'float' }, 'distance', { type: 'float', column: 'distance' }],
    [{ column: 'dest' }, EXPRESSION, { type: 'string', expression: '' }],
  ])('%j of %s', (before, source, fields) => {
    expect(withSource({ ...origin, ...before }, source, columns)).toEqual({
      name: 'origin',
      label: 'From',
      format: 'x',
      ...fields,
    });
  });

  it('is what was written before, of the type that had', () => {
    const written = { type: 'string', expression: 'upper(dest)' } as const;
    const now: ModelDimension = { ...origin, type: 'integer', column: 'distance' };
    expect(withSource(now, EXPRESSION, columns, written)).toEqual({ ...origin, ...written });
  });

  it('is told where the server would refuse it', () => {
    const base = { ...joinedFlights, dimensions: [origin] };
    const told = (dimension: ModelDimension): string[] =>
      wrongSources({ ...base, dimensions: [dimension] }, base, columns).map(
        ({ field, detail }) => `${field}: ${detail}`,
      );
    expect(told({ ...origin, column: 'dest' })).toEqual([]);
    expect(told({ ...origin, column: 'dst' })).toEqual([
      'dimensions[0].column: There is no column “dst”; did you mean “dest”?',
    ]);
    expect(told({ ...origin, column: 'distance' })).toEqual([
      'dimensions[0].type: It is said to be of type string, and its column is of type integer.',
    ]);
    expect(told({ ...origin, type: 'float', column: 'distance' })).toEqual([]);
    expect(told({ ...origin, column: 'dst', expression: 'dst' })).toEqual([]);
    // What is stored is for the server to judge, and so is everything while the columns are not known.
    const gone = { ...origin, column: 'gone' };
    const stored = { ...base, dimensions: [gone] };
    expect(wrongSources(stored, stored, columns)).toEqual([]);
    expect(wrongSources(stored, base, [])).toEqual([]);
  });
});

describe('what is wrong', () => {
  const problems = [
    { field: 'measures[2].expression', detail: 'no' },
    { field: 'measures[20]', detail: 'other' },
  ];

  it('is said at its place', () => {
    expect(saidAt(problems, 'measures[2]')).toBe('no');
    expect(saidAt(problems, 'measures[1]')).toBeUndefined();
    expect(placeName('measures[2]')).toBe('Measure 3');
    expect(placeName('time_dimension')).toBe('Time dimension');
  });

  it('is said elsewhere where it has no place', () => {
    const problem = {
      type: 'about:blank',
      title: 'No',
      status: 400,
      code: 'invalid' as const,
      errors: problems,
    };
    expect(saidElsewhere(problem)).toBeNull();
    const other = { field: 'version', detail: 'what' };
    expect(saidElsewhere({ ...problem, errors: [...problems, other] })?.errors).toEqual([other]);
    expect(saidElsewhere({ ...problem, errors: [] })).not.toBeNull();
  });

  it('is seen before the server is asked', () => {
    expect(missingOf(joinedFlights)).toEqual([]);
    const [count] = joinedFlights.measures;
    expect(
      missingOf({
        ...joinedFlights,
        label: ' ',
        measures: [...(count ? [count, count] : []), { name: 'a.b', label: '', kind: 'count' }],
        joins: [{ name: 'x', on: [{ column: '', other: 'y' }] }],
        segments: [{ name: 's', label: 'S', filters: [] }],
      }).map(({ field, detail }) => `${field}: ${detail}`),
    ).toEqual([
      'label: It needs a label.',
      'measures[1]: “count” stands twice.',
      'measures[2]: A name has no dots.',
      'measures[2]: It needs a label.',
      'joins[0]: It needs pairs of columns.',
      'segments[0]: It needs a condition.',
    ]);
  });
});

describe('a model as it is written', () => {
  it('is the same with and without what says nothing', () => {
    const said = { ...joinedFlights, rollups: [], version: 9, time_dimension: 'time_hour' };
    expect(sameModel(said, joinedFlights)).toBe(true);
    expect(sameModel({ ...said, label: 'X' }, joinedFlights)).toBe(false);
    expect(writtenModel(said)).not.toHaveProperty('rollups');
  });

  it('keeps what is said of it, false as it may be, and that it is offered where nothing else is said', () => {
    const said = { description: 'One row a flight', meta: { shown: false, unit: null } };
    const measures = joinedFlights.measures.map((measure, index) => ({
      ...measure,
      ...said,
      public: index > 0,
    }));
    const written = writtenModel({ ...joinedFlights, ...said, measures, public: false });
    expect(written).toMatchObject({ ...said, public: false });
    expect(Object.keys(written).slice(2, 6)).toEqual(['label', 'description', 'meta', 'public']);
    const [first, second] = written.measures as object[];
    expect(first).toMatchObject({ ...said, public: false });
    expect(second).not.toHaveProperty('public');
    expect(sameModel({ ...joinedFlights, public: true }, joinedFlights)).toBe(true);
    expect(sameModel({ ...joinedFlights, public: false }, joinedFlights)).toBe(false);
  });

  it('keeps conditions on what is missing', () => {
    const segments = [
      {
        name: 's',
        label: 'S',
        filters: [{ member: 'flights.origin', operator: 'equals' as const, values: [null, false] }],
      },
    ];
    expect(writtenModel({ ...joinedFlights, segments })).toMatchObject({ segments });
  });
});
