// The profile of columns.
import { screen } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { expect, it } from 'vitest';
import { flightsModel } from '@/testing/fake-engine';
import { renderApp } from '@/testing/render-app';
import { server } from '@/testing/server';
import { ProfileTab } from './profile-tab';

it('shows decimals of a mean, also where values are whole and have no separators', async () => {
  server.use(
    http.get('*/api/v1/models', () =>
      HttpResponse.json({
        items: [
          {
            ...flightsModel,
            dimensions: [
              { name: 'flight', label: 'Flight', type: 'integer', column: 'flight', format: 'd' },
            ],
          },
        ],
      }),
    ),
  );
  renderApp(<ProfileTab name="flights" />);
  const card = (await screen.findByRole('heading', { name: 'flight' })).closest('li');
  expect(card).toHaveTextContent('Mean12.64');
  expect(card).toHaveTextContent('Largest8500');
});

it('names no most frequent values where each is there once', async () => {
  server.use(
    http.get('*/api/v1/datasets/flights/profile', () =>
      HttpResponse.json({
        dataset: 'flights',
        version: 3,
        rows: 3,
        columns: ['once', 'twice'].map((name, place) => ({
          name,
          type: 'string',
          nulls: 0,
          distinct: 3 - place,
          distinct_exact: true,
          min: 'a',
          max: 'c',
          mean: null,
          top: [
            { value: 'a', count: 1 + place },
            { value: 'b', count: 1 },
          ],
        })),
      }),
    ),
  );
  renderApp(<ProfileTab name="flights" />);
  const once = (await screen.findByRole('heading', { name: 'once' })).closest('li');
  expect(once).toHaveTextContent('No value occurs twice');
  expect(once).not.toHaveTextContent('Most frequent');
  const twice = screen.getByRole('heading', { name: 'twice' }).closest('li');
  expect(twice).toHaveTextContent('Most frequenta2b1');
});
