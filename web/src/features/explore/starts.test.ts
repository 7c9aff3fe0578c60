// What Explore offers to begin with, by the names of dimensions.
import { describe, expect, it } from 'vitest';
import type { Model } from '@/api/types';
import { flightsModel } from '@/testing/fake-engine';
import { startsOf } from './starts';

const labels = (...names: string[]): string[] => {
  const dimensions: Model['dimensions'] = names.map((name) => ({
    name,
    label: name,
    type: 'string',
  }));
  const model: Model = { ...flightsModel, label: 'Orders', time_dimension: null, dimensions };
  return startsOf(model).map(({ label }) => label);
};

describe('questions to begin with', () => {
  it('go by what rows share, and not by what each has of its own', () => {
    const [measure] = flightsModel.measures;
    const by = (name: string) => [`${measure?.label} by ${name}`, `${measure?.label} in all`];
    expect(labels('order_id', 'country')).toEqual(by('country'));
    expect(labels('ID', 'orderNumber', 'valid')).toEqual(by('valid'));
    expect(labels('order_id')).toEqual(by('order_id'));
  });
});
