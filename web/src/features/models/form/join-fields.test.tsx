// The pairs of columns of a join: taken away one by one, the focus stays beside them.
import { screen } from '@testing-library/react';
import { useState } from 'react';
import { expect, it } from 'vitest';
import type { Join } from '@/api/types';
import { joinedFlights, joinedModels } from '@/testing/joined-fixtures';
import { renderApp } from '@/testing/render-app';
import JoinFields from './join-fields';

const columns = ['origin', 'dest', 'carrier'];

function Form() {
  const [join, setJoin] = useState<Join>({
    name: 'origin_airport',
    model: 'airports',
    on: columns.map((column) => ({ column, other: 'faa' })),
  });
  return (
    <JoinFields
      join={join}
      model={joinedFlights}
      models={joinedModels}
      columns={columns}
      onChange={setJoin}
    />
  );
}

it('leaves the focus beside a pair that is removed, and at adding one where the last stays', async () => {
  const { user } = renderApp(<Form />);
  const pairs = () =>
    screen.getAllByRole('combobox', { name: 'Column here' }).map(({ textContent }) => textContent);
  const remove = (place: number) => screen.getByRole('button', { name: `Remove pair ${place}` });
  remove(3).focus();
  await user.keyboard('{Enter}');
  expect(pairs()).toEqual(['origin', 'dest']);
  expect(remove(2)).toHaveFocus();
  remove(1).focus();
  await user.keyboard('{Enter}');
  expect(pairs()).toEqual(['dest']);
  expect(screen.getByRole('button', { name: 'Add pair of columns' })).toHaveFocus();
});
