// The fields of what is asked, in groups: those of a model by their kind, those of a view by its folders.
import { describe, expect, it } from 'vitest';
import { widened } from '@/lib/joins';
import { viewAsModel } from '@/lib/views';
import { joinedFlights, joinedModels } from '@/testing/joined-fixtures';
import { filedView, tripsView } from '@/testing/view-fixtures';
import { fieldGroups, firstFields } from './fields';
import type { Field } from './fields';

const titled = (groups: ReturnType<typeof fieldGroups>): [string, string[]][] =>
  groups.map(({ title, fields }) => [title, fields.map(({ label }) => label)]);

describe('fields of a view', () => {
  it('lie in its folders, those within others too, and the rest by their kind', () => {
    expect(titled(fieldGroups(viewAsModel(filedView, joinedModels), ''))).toEqual([
      ['On time', ['Average arrival delay']],
      ['On time › When', ['Left at']],
      ['Where from', ['City', 'Origin', 'Average arrival delay']],
      ['Measures', ['Trips']],
      ['Dimensions', ['Airline']],
    ]);
  });

  it('are grouped by their kind where it has no folders', () => {
    expect(titled(fieldGroups(viewAsModel(tripsView, joinedModels), ''))).toEqual([
      ['Time', ['Left at']],
      ['Measures', ['Trips', 'Average arrival delay']],
      ['Dimensions', ['Airline', 'Origin']],
      ['Origin airport', ['City']],
    ]);
  });

  it('are found by their title and by what is said of them, in the folders where they lie', () => {
    const model = viewAsModel(filedView, joinedModels);
    expect(titled(fieldGroups(model, 'departures'))).toEqual([['Measures', ['Trips']]]);
    expect(titled(fieldGroups(model, 'arrival'))).toEqual([
      ['On time', ['Average arrival delay']],
      ['Where from', ['Average arrival delay']],
    ]);
    expect(fieldGroups(model, 'departures')[0]?.fields[0]).toEqual({
      kind: 'measure',
      name: 'trips',
      label: 'Trips',
      type: 'measure',
      description: 'Departures that took place',
    });
  });

  it('have groups of their own that no two folders share', () => {
    const twice = {
      ...filedView,
      folders: [
        { name: 'A', members: [{ name: 'B', members: ['trips'] }] },
        { name: 'B', members: ['trips', 'gone'] },
      ],
    };
    const groups = fieldGroups(viewAsModel(twice, joinedModels), 'trips');
    expect(titled(groups)).toEqual([
      ['A › B', ['Trips']],
      ['B', ['Trips']],
    ]);
    expect(new Set(groups.map(({ id }) => id)).size).toBe(2);
  });
});

it('fields of a model are grouped by their kind, and those of what it is joined to after them', () => {
  const groups = fieldGroups(widened(joinedFlights, joinedModels), '');
  expect(groups.slice(0, 4).map(({ title }) => title)).toEqual([
    'Time',
    'Measures',
    'Dimensions',
    'Planes',
  ]);
});

describe('what a model says of its fields', () => {
  const told = widened(
    {
      ...joinedFlights,
      measures: joinedFlights.measures.map((measure) =>
        measure.name === 'count'
          ? { ...measure, description: 'Departures that took place' }
          : { ...measure, public: false },
      ),
    },
    joinedModels.map((model) =>
      model.name === 'planes'
        ? { ...model, public: false }
        : model.name === 'airports'
          ? {
              ...model,
              dimensions: model.dimensions.map((dimension) => ({
                ...dimension,
                description: `The ${dimension.name} of the airport`,
              })),
            }
          : model,
    ),
  );

  it('is told with them, and found', () => {
    expect(fieldGroups(told, 'departures').flatMap(({ fields }) => fields)).toEqual([
      expect.objectContaining({ name: 'count', description: 'Departures that took place' }),
    ]);
    expect(titled(fieldGroups(told, 'opened of the airport'))[0]?.[1]).toEqual(['Opened']);
  });

  it('leaves out what nobody is offered, and all of a hidden model that it is joined to', () => {
    const groups = titled(fieldGroups(told, ''));
    expect(groups.find(([title]) => title === 'Measures')?.[1]).toHaveLength(1);
    expect(groups.map(([title]) => title)).not.toContain('Planes');
    expect(groups.map(([title]) => title)).toContain('Origin airport');
  });

  it('is kept by a view, and so is what is hidden in it', () => {
    const [trips, delay] = filedView.measures;
    const view = { ...filedView, measures: [{ ...trips!, public: false }, delay!] };
    const groups = fieldGroups(viewAsModel(view, joinedModels), '');
    expect(groups.flatMap(({ fields }) => fields).map(({ name }) => name)).not.toContain('trips');
  });
});

describe('a long group', () => {
  const group = (count: number) => ({
    id: '.measures',
    title: 'Measures',
    fields: Array.from({ length: count }, (_, place): Field => ({
      kind: 'measure',
      name: `m${place}`,
      label: `M ${place}`,
      type: 'measure',
    })),
  });
  const names = (count: number, ...chosen: string[]): string[] =>
    firstFields(group(count), ({ name }) => chosen.includes(name)).map(({ name }) => name);

  it('is shown by its beginning, with what is chosen of the rest', () => {
    expect(names(40)).toHaveLength(12);
    expect(names(40, 'm3', 'm30')).toEqual([...names(40), 'm30']);
  });

  it('is shown as a whole where it is hardly longer', () => {
    expect(names(15)).toHaveLength(15);
  });
});
