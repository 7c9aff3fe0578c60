// The fields of a measure: what is shown of the rows behind it, in the order in which it was chosen, and whatever its kind.
import { screen } from '@testing-library/react';
import { useState } from 'react';
import { expect, it, vi } from 'vitest';
import type { ModelMeasure } from '@/api/types';
import { joinedFlights } from '@/testing/joined-fixtures';
import { renderApp } from '@/testing/render-app';
import { modelShape } from '../text/shape';
import { readYaml } from '../text/yaml-text';
import MeasureFields from './measure-fields';

const counted: ModelMeasure = { name: 'n', label: 'N', kind: 'count' };

function Fields({
  told,
  first = counted,
  saved = false,
}: {
  told: (measure: ModelMeasure) => void;
  first?: ModelMeasure;
  saved?: boolean;
}) {
  const [measure, setMeasure] = useState<ModelMeasure>(first);
  return (
    <MeasureFields
      model={joinedFlights}
      wide={joinedFlights}
      elsewhere={[{ value: 'visits.count', label: 'Visits: Count' }]}
      measure={measure}
      columns={[]}
      saved={saved}
      onChange={(next) => {
        told(next);
        setMeasure(next);
      }}
    />
  );
}

it('says which dimensions are shown of its rows', async () => {
  const told = vi.fn<(measure: ModelMeasure) => void>();
  const { user } = renderApp(<Fields told={told} />);
  await user.click(screen.getByRole('combobox', { name: 'Shown of its rows' }));
  await user.click(await screen.findByRole('option', { name: 'Origin' }));
  await user.click(screen.getByRole('option', { name: 'Carrier' }));
  expect(told.mock.lastCall?.[0].drill).toEqual(['origin', 'carrier']);
});

it('names a new one after its label, and keeps a name that was typed or is saved', async () => {
  const told = vi.fn<(measure: ModelMeasure) => void>();
  const blank: ModelMeasure = { name: '', label: '', kind: 'count' };
  const { user, unmount } = renderApp(<Fields told={told} first={blank} />);
  const label = () => screen.getByRole('textbox', { name: 'Label' });
  await user.type(label(), 'Late, by hour');
  expect(told.mock.lastCall?.[0]).toMatchObject({ label: 'Late, by hour', name: 'late_by_hour' });
  await user.type(screen.getByRole('textbox', { name: 'Name' }), 's');
  await user.type(label(), '!');
  expect(told.mock.lastCall?.[0]).toMatchObject({ label: 'Late, by hour!', name: 'late_by_hours' });
  unmount();
  renderApp(<Fields told={told} saved />);
  await user.type(label(), 'ew');
  expect(told.mock.lastCall?.[0]).toMatchObject({ label: 'New', name: 'n' });
});

it('makes a ratio of what another model counts, and nothing else of it', async () => {
  const told = vi.fn<(measure: ModelMeasure) => void>();
  const { user } = renderApp(<Fields told={told} />);
  const choose = async (label: string, option: string) => {
    await user.click(screen.getByRole('combobox', { name: label }));
    await user.click(await screen.findByRole('option', { name: option }));
  };
  await choose('Kind', 'Ratio of two measures');
  await choose('Denominator', 'Visits: Count');
  expect(told.mock.lastCall?.[0]).toMatchObject({ kind: 'ratio', denominator: 'visits.count' });
  await choose('Kind', 'Cumulative');
  await user.click(screen.getByRole('combobox', { name: 'Measure' }));
  expect(
    await screen.findByRole('option', { name: joinedFlights.measures[0]?.label }),
  ).toBeVisible();
  expect(screen.queryByRole('option', { name: 'Visits: Count' })).toBeNull();
});

it('names measures of other models in the text', () => {
  const visits = {
    ...joinedFlights,
    name: 'visits',
    measures: [{ name: 'hits', label: 'Hits', kind: 'count' as const }],
  };
  const words = { models: [joinedFlights, visits], columns: [] };
  const shape = modelShape(words, { name: 'flights', dimensions: [], measures: ['n', 'r'] });
  const text = (denominator: string) =>
    `name: flights\ndataset: flights\nlabel: Flights\ndimensions: []\nmeasures:\n  - {name: r, label: R, kind: ratio, measure: n, denominator: ${denominator}}\n`;
  expect(readYaml(text('visits.hits'), shape).wrong).toEqual([]);
  expect(readYaml(text('visits.hit'), shape).wrong[0]?.message).toBe(
    'There is no measure “visits.hit”; did you mean “visits.hits”?',
  );
});

it('may say only dimensions of the model in the text', () => {
  const words = { models: [joinedFlights], columns: [] };
  const shape = modelShape(words, { name: 'flights', dimensions: ['origin'], measures: ['n'] });
  const text = (drill: string) =>
    `name: flights\ndataset: flights\nlabel: Flights\ndimensions: []\nmeasures:\n  - {name: n, label: N, kind: count, drill: [${drill}]}\n`;
  expect(readYaml(text('origin'), shape).wrong).toEqual([]);
  expect(readYaml(text('orign'), shape).wrong[0]?.message).toBe(
    'There is no dimension “orign”; did you mean “origin”?',
  );
});
