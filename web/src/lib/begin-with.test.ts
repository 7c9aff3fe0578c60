// Somebody who has said nothing begins with a view, or with a model that has a time, and not with the first list of names.
import { expect, it } from 'vitest';
import type { Model } from '@/api/types';
import { flightsModel } from '@/testing/fake-engine';
import { beginWith } from './begin-with';

const named = (name: string, part: Partial<Model> = {}): Model => ({
  ...flightsModel,
  name,
  ...part,
});

it('passes over models without a time', () => {
  const airlines = named('airlines', { time_dimension: null });
  expect(beginWith([airlines, named('flights'), named('orders')])?.name).toBe('flights');
});

it('takes the first where none has a time, and nothing where there is none', () => {
  const names = ['airlines', 'planes'].map((name) => named(name, { time_dimension: null }));
  expect(beginWith(names)?.name).toBe('airlines');
  expect(beginWith([])).toBeUndefined();
});
