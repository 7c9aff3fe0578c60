// Models as text: there and back, what is wrong and where, and what is offered.
import { describe, expect, it } from 'vitest';
import type { Model } from '@/api/types';
import { joinedFlights, joinedModels } from '@/testing/joined-fixtures';
import { placeIn, shapesAt } from './completion';
import { readText, shapeOfText, textOf } from './model-text';
import type { Words } from './shape';
import { wrongPlaces } from './yaml-text';

const words: Words = {
  columns: ['time_hour', 'carrier', 'origin', 'month', 'tailnum', 'dest', 'flight'].map((name) => ({
    name,
    type: 'string' as const,
    nullable: true,
    nulls: 0,
    min: null,
    max: null,
  })),
  models: joinedModels,
};
const model: Model = {
  ...joinedFlights,
  measures: [
    { name: 'count', label: 'Flights', kind: 'count', format: 'integer' },
    {
      name: 'share',
      label: 'Share',
      kind: 'ratio',
      measure: 'count',
      denominator: 'count',
      filters: [],
    },
  ],
};
const text = textOf(model);
const read = (from: string) => readText(from, words, { name: 'flights', version: 7 });
const told = (from: string) => read(from).wrong.map(({ line, message }) => `${line}: ${message}`);
const lineOf = (part: string): number => text.slice(0, text.indexOf(part)).split('\n').length;

describe('a model as text', () => {
  it('is read as it was written, with the version that was read', () => {
    const { model: back, wrong } = read(text);
    expect(wrong).toEqual([]);
    expect(back?.version).toBe(7);
    expect(back && textOf(back)).toBe(text);
    expect(text).not.toContain('version');
  });

  it.each([
    ['kind: ratio', 'kind: ration', 'There is no kind “ration”; did you mean “ratio”?'],
    [
      'denominator: count',
      'denominator: cout',
      'There is no measure “cout”; did you mean “count”?',
    ],
    ['time_dimension: time_hour', 'time_dimension: hour', 'There is no dimension “hour”.'],
    ['column: tailnum', 'column: tailnun', 'There is no column “tailnun”; did you mean “tailnum”?'],
    ['model: airports', 'model: airport', 'There is no model “airport”; did you mean “airports”?'],
    [
      'denominator: count',
      'denominater: count',
      'A measure has no “denominater”; did you mean “denominator”?',
    ],
  ])('%s as %s is wrong in its line', (right, mistaken, message) => {
    expect(told(text.replace(right, mistaken))).toEqual([`${lineOf(right)}: ${message}`]);
  });

  it('takes any meta, and a description in several lines', () => {
    const said: Model = {
      ...model,
      description: 'One row a flight.\n\nCancelled ones too.',
      meta: { owner: { team: 'ops', since: [2024, null, false] } },
      public: false,
    };
    const { model: back, wrong } = read(textOf(said));
    expect(wrong).toEqual([]);
    expect(back).toMatchObject({ description: said.description, meta: said.meta, public: false });
    expect(told(textOf(said).replace('public: false', 'public: maybe'))).toHaveLength(1);
  });

  it('says what does not belong and what is missing', () => {
    expect(
      told('name: flights\ndataset: flights\nlabel: Flights\ndimensions: 3\nmeasures: []'),
    ).toEqual(['4: Here belongs a list.']);
    expect(told('label: Flights')).toEqual([
      '1: A model needs name, dataset, dimensions, measures.',
    ]);
    expect(told('a: [1, 2')[0]).toMatch(/^1: /);
    expect(told('')).toEqual(['1: Here belongs a model: keys and values.']);
  });

  it('takes no aliases, whether what they stand for is there or not', () => {
    const at = lineOf('label: Flights');
    const message = '“*x” stands for something else; write that here.';
    expect(told(text.replace('label: Flights', 'label: *x'))).toEqual([`${at}: ${message}`]);
    expect(told(text.replace('label: Flights', 'label: &x Flights'))).toEqual([]);
    const values = text.replace('- JFK', '- &x JFK').replace('- LGA', '- *x');
    expect(told(values)).toEqual([`${lineOf('- LGA')}: ${message}`]);
    expect(read(values).model).toBeNull();
  });

  it('has the place that the server names', () => {
    const [wrong] = wrongPlaces(text, [{ field: 'measures[1].denominator', detail: 'no' }]);
    expect(wrong).toMatchObject({ line: lineOf('denominator: count'), message: 'no' });
    const [around] = wrongPlaces(text, [{ field: 'measures[1].nothing', detail: 'no' }]);
    expect(around?.line).toBe(lineOf('name: share'));
  });
});

describe('what is offered', () => {
  const shape = shapeOfText(text, words, 'flights');
  const offered = (typed: string): string[] => {
    const place = placeIn(typed, typed.length);
    const found = place && shapesAt(shape, place)[0];
    if (!found) return [];
    return found.is === 'map'
      ? Object.keys(found.keys)
      : found.is === 'name'
        ? [...found.among]
        : [];
  };

  it.each([
    ['lab', 'label'],
    ['desc', 'description'],
    ['dimensions:\n  - na', 'public'],
    ['segments:\n  - na', 'meta'],
    ['measures:\n  - na', 'lower_is_better'],
    ['measures:\n  - name: x\n    ki', 'kind'],
    ['measures:\n  - name: x\n    kind: ', 'time_shift'],
    ['measures:\n- name: x\n  kind: ', 'time_shift'],
    ['measures:\n  - name: x\n    span:\n      un', 'unit'],
    ['measures:\n  - name: x\n    span:\n      count: 1\n      unit: ', 'quarter'],
    ['measures:\n  - name: x\n    by:\n      - ca', 'carrier'],
    ['measures:\n  - name: x\n    by: [carrier, ', 'origin'],
    ['joins:\n  - name: x\n    on:\n      - column: ', 'tailnum'],
    ['joins:\n  - name: x\n    model: air', 'airports'],
    [
      'segments:\n  - name: x\n    filters:\n      - or:\n          - member: fl',
      'flights.carrier',
    ],
    ['dimensions:\n  - name: x\n    same_as: ', 'airports.city'],
    ['dimensions:\n  - name: x\n    geo: ', 'postal_code'],
    ['dimensions:\n  - name: x\n    latitude: ', 'origin'],
    ['time_dimension: ', 'time_hour'],
  ])('%j offers %s', (typed, option) => {
    expect(offered(typed)).toContain(option);
  });

  it('is nothing in a comment or in a label', () => {
    expect(placeIn('label: x # ab', 13)).toBeNull();
    expect(offered('label: ')).toEqual([]);
  });
});
