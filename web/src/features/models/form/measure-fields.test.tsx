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

function Fields({ told }: { told: (measure: ModelMeasure) => void }) {
  const [measure, setMeasure] = useState<ModelMeasure>({ name: 'n', label: 'N', kind: 'count' });
  return (
    <MeasureFields
      model={joinedFlights}
      wide={joinedFlights}
      measure={measure}
      columns={[]}
      saved={false}
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
