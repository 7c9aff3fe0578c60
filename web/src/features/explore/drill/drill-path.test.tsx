// Back up a hierarchy: the focus stays where one is.
import { screen } from '@testing-library/react';
import { useState } from 'react';
import { expect, it } from 'vitest';
import type { Filter } from '@/api/types';
import { viewAsModel } from '@/lib/views';
import { joinedModels } from '@/testing/joined-fixtures';
import { renderApp } from '@/testing/render-app';
import { tripsView } from '@/testing/view-fixtures';
import { emptyState } from '../state/explore-state';
import type { ExploreState } from '../state/explore-state';
import DrillPath from './drill-path';

const trips = viewAsModel(tripsView, joinedModels);
const is = (member: string, value: string): Filter => ({
  member,
  operator: 'equals',
  values: [value],
});

function Question() {
  const [state, setState] = useState<ExploreState>({
    ...emptyState,
    model: 'trips',
    dimensions: ['airline'],
    filters: [is('origin_airport_city', 'Newark'), is('origin', 'EWR')],
  });
  return (
    <section aria-label="Question" tabIndex={-1}>
      <DrillPath model={trips} state={state} change={setState} />
    </section>
  );
}

it('is at the crumb that was pressed, and at the end of the way by what is asked', async () => {
  const { user } = renderApp(<Question />);
  await user.click(screen.getByRole('button', { name: 'Newark' }));
  const here = screen.getByText('Newark, by Origin');
  expect(here).toHaveAttribute('aria-current', 'location');
  expect(here).toHaveFocus();
  await user.click(screen.getByRole('button', { name: 'All by City' }));
  expect(screen.queryByRole('navigation')).toBeNull();
  expect(screen.getByRole('region', { name: 'Question' })).toHaveFocus();
});
