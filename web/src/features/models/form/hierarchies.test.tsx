// Hierarchies and buckets with names, in the form of a model.
import { screen, waitFor, within } from '@testing-library/react';
import { useState } from 'react';
import { expect, it, vi } from 'vitest';
import type { Hierarchy, Model, NamedGranularity } from '@/api/types';
import { joinedFlights, joinedModels } from '@/testing/joined-fixtures';
import { renderApp } from '@/testing/render-app';
import { missingOf, placeName, saidElsewhere } from '../state/places';
import { writtenModel } from '../state/written';
import GranularitiesField from './granularities-field';
import HierarchiesSection from './hierarchies-section';
import { moved } from './moved';

const geo: Hierarchy = {
  name: 'geo',
  label: 'Geography',
  levels: ['origin_airport.city', 'origin'],
};

function Section({ told }: { told: (hierarchies: Hierarchy[]) => void }) {
  const [model, setModel] = useState<Model>({ ...joinedFlights, hierarchies: [geo] });
  return (
    <HierarchiesSection
      model={model}
      models={joinedModels}
      saved={[geo]}
      problems={[{ field: 'hierarchies[0].levels[1]', detail: 'it is no dimension' }]}
      onChange={(hierarchies) => {
        told(hierarchies);
        setModel({ ...model, hierarchies });
      }}
    />
  );
}

it('adds levels, own and joined ones, and moves them', async () => {
  const told = vi.fn<(hierarchies: Hierarchy[]) => void>();
  const { user } = renderApp(<Section told={told} />);
  const item = screen.getByRole('button', { name: /^Geography/ });
  expect(item).toHaveTextContent('Origin airport: City → Origin');
  expect(screen.getByRole('alert')).toHaveTextContent('it is no dimension');
  await user.click(item);
  await user.click(screen.getByRole('combobox', { name: 'Add the next level' }));
  await user.click(await screen.findByRole('option', { name: 'Carrier' }));
  await user.click(screen.getByRole('button', { name: 'Move Carrier up' }));
  await waitFor(() =>
    expect(told).toHaveBeenLastCalledWith([
      { ...geo, levels: ['origin_airport.city', 'carrier', 'origin'] },
    ]),
  );
  expect(screen.getByRole('button', { name: 'Move Carrier up' })).toHaveFocus();
  await user.click(screen.getByRole('button', { name: 'Remove Origin airport: City' }));
  expect(told).toHaveBeenLastCalledWith([{ ...geo, levels: ['carrier', 'origin'] }]);
});

it('leaves the focus at the level beside one that is removed, and at the choice after the last', async () => {
  const { user } = renderApp(<Section told={vi.fn()} />);
  await user.click(screen.getByRole('button', { name: /^Geography/ }));
  await user.click(screen.getByRole('combobox', { name: 'Add the next level' }));
  await user.click(await screen.findByRole('option', { name: 'Carrier' }));
  const remove = (name: string) => screen.getByRole('button', { name: `Remove ${name}` });
  remove('Origin').focus();
  await user.keyboard('{Enter}');
  expect(remove('Carrier')).toHaveFocus();
  await user.keyboard('{Enter}');
  expect(remove('Origin airport: City')).toHaveFocus();
  await user.keyboard('{Enter}');
  expect(screen.getByRole('combobox', { name: 'Widest level' })).toHaveFocus();
});

it('names a new one after its label, and keeps the name of a saved one', async () => {
  const told = vi.fn<(hierarchies: Hierarchy[]) => void>();
  const { user } = renderApp(<Section told={told} />);
  await user.click(screen.getByRole('button', { name: 'Add hierarchy' }));
  const fields = screen.getByRole('group', { name: 'New hierarchy' });
  await user.type(within(fields).getByRole('textbox', { name: 'Label' }), 'By time');
  expect(told.mock.lastCall?.[0][1]).toEqual({ name: 'by_time', label: 'By time', levels: [] });
  await user.click(screen.getByRole('button', { name: /^Geography/ }));
  const saved = screen.getByRole('group', { name: 'Geography' });
  await user.type(within(saved).getByRole('textbox', { name: 'Label' }), '!');
  expect(told.mock.lastCall?.[0][0]).toMatchObject({ name: 'geo', label: 'Geography!' });
  expect(within(saved).getByRole('textbox', { name: 'Name' })).toBeDisabled();
});

it('is told what it lacks, and stands where the text has it', () => {
  const model: Model = { ...joinedFlights, hierarchies: [{ ...geo, levels: ['origin'] }] };
  expect(missingOf(model)).toEqual([
    { field: 'hierarchies[0]', detail: 'It needs two levels, the widest first.' },
  ]);
  expect(placeName('hierarchies[0].levels[1]')).toBe('Hierarchy 1');
  const errors = [{ field: 'hierarchies[0].levels', detail: 'x' }];
  expect(
    saidElsewhere({ type: 'about:blank', title: 'No', status: 400, code: 'invalid', errors }),
  ).toBeNull();
  const keys = Object.keys(writtenModel(model));
  expect(keys.indexOf('hierarchies')).toBe(keys.indexOf('segments') + 1);
});

function Buckets({ told }: { told: (granularities: NamedGranularity[]) => void }) {
  const [granularities, set] = useState<NamedGranularity[]>([]);
  return (
    <GranularitiesField
      granularities={granularities}
      saved={[]}
      type="timestamp"
      onChange={(next) => {
        told(next);
        set(next);
      }}
    />
  );
}

it('gives a name to buckets and says what they are', async () => {
  const told = vi.fn<(granularities: NamedGranularity[]) => void>();
  const { user } = renderApp(<Buckets told={told} />);
  await user.click(screen.getByRole('button', { name: 'Add buckets' }));
  await user.type(screen.getByRole('textbox', { name: 'Label' }), 'Shift');
  await user.click(screen.getByRole('combobox', { name: 'Unit' }));
  await user.click(await screen.findByRole('option', { name: 'hours' }));
  await user.click(screen.getByRole('combobox', { name: 'How many' }));
  await user.click(await screen.findByRole('option', { name: '8' }));
  await user.type(screen.getByRole('textbox', { name: 'Counted from' }), '2024-01-01T06:00');
  expect(screen.getByText('8 hours, counted from 06:00.')).toBeVisible();
  expect(told).toHaveBeenLastCalledWith([
    { name: 'shift', label: 'Shift', interval: '8 hours', origin: '2024-01-01T06:00' },
  ]);
  await user.click(screen.getByRole('button', { name: 'Remove Shift' }));
  expect(told).toHaveBeenLastCalledWith([]);
  expect(screen.getByRole('button', { name: 'Add buckets' })).toHaveFocus();
});

it('moves within the list only', () => {
  expect(moved(['a', 'b', 'c'], 2, 0)).toEqual(['c', 'a', 'b']);
  expect(moved(['a', 'b'], 0, 5)).toEqual(['a', 'b']);
});
