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
