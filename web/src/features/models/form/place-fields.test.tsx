// Places, in the form of a model.
import { screen } from '@testing-library/react';
import { useState } from 'react';
import { expect, it, vi } from 'vitest';
import type { ModelDimension } from '@/api/types';
import { renderApp } from '@/testing/render-app';
import { freeLatitudes, rolesOf, withRole } from '../state/geo-roles';
import { PlaceFields } from './place-fields';

const number = (name: string, part: Partial<ModelDimension> = {}): ModelDimension => ({
  name,
  label: name.toUpperCase(),
  type: 'float',
  ...part,
});
const north = number('north', { geo: 'latitude' });
const start = number('start_lat', { geo: 'latitude' });
const end = number('end_lat', { geo: 'latitude' });

interface FormProps {
  first: ModelDimension;
  others: ModelDimension[];
  told: (dimension: ModelDimension) => void;
}

function Form({ first, others, told }: FormProps) {
  const [dimension, setDimension] = useState(first);
  return (
    <PlaceFields
      dimension={dimension}
      dimensions={[...others, dimension]}
      onChange={(next) => {
        told(next);
        setDimension(next);
      }}
    />
  );
}

it('offers the roles that a type can have', () => {
  expect(rolesOf('float').map(({ role }) => role)).toEqual(['latitude', 'longitude']);
  expect(rolesOf('string').map(({ role }) => role)).toContain('city');
  expect(rolesOf('timestamp')).toEqual([]);
});

it('finds the latitude of a longitude where there is one, and else asks for it', () => {
  expect(withRole(number('east'), 'longitude', [north])).toMatchObject({
    geo: 'longitude',
    latitude: 'north',
  });
  expect(withRole(number('east'), 'longitude', [start, end]).latitude).toBeNull();
  const taken = number('start_lon', { geo: 'longitude', latitude: 'start_lat' });
  expect(freeLatitudes(number('end_lon'), [start, end, taken])).toEqual([end]);
  expect(withRole(taken, 'latitude', [start]).latitude).toBeNull();
});

it('has a latitude beside a longitude and nothing of places for a time', async () => {
  const told = vi.fn<(dimension: ModelDimension) => void>();
  const { user } = renderApp(<Form first={number('east')} others={[start, end]} told={told} />);
  await user.click(screen.getByRole('combobox', { name: 'Place' }));
  await user.click(await screen.findByRole('option', { name: 'Longitude' }));
  await user.click(screen.getByRole('combobox', { name: 'Its latitude' }));
  await user.click(await screen.findByRole('option', { name: 'END_LAT' }));
  expect(told).toHaveBeenLastCalledWith(number('east', { geo: 'longitude', latitude: 'end_lat' }));
});

it('keeps a role that the type has lost until it is changed', () => {
  renderApp(
    <Form first={number('city', { type: 'boolean', geo: 'city' })} others={[]} told={vi.fn()} />,
  );
  expect(screen.getByRole('combobox', { name: 'Place' })).toHaveTextContent('City');
  expect(screen.queryByRole('combobox', { name: 'Its latitude' })).toBeNull();
});
