// Among many columns one is found by a part of its name; few have no field to type into.
import { screen, within } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import type { DatasetDetail } from '@/api/types';
import { flightsDetail } from '@/testing/fixtures';
import { renderApp } from '@/testing/render-app';
import { ColumnsTab } from './columns-tab';
import { findFrom } from './use-found-columns';

const [column] = flightsDetail.columns;

function withColumns(count: number): DatasetDetail {
  if (column === undefined) throw new Error('the flights have no columns');
  const columns = Array.from({ length: count }, (_, place) => ({
    ...column,
    name: `Metric_${place + 1}_total`,
  }));
  return { ...flightsDetail, columns };
}

it('finds a column among many, in whatever case it is typed', async () => {
  const { user } = renderApp(<ColumnsTab dataset={withColumns(findFrom)} />);
  const table = screen.getByRole('table');
  expect(within(table).getAllByRole('row')).toHaveLength(findFrom + 1);
  const find = screen.getByRole('textbox', { name: 'Find a column' });
  await user.type(find, ' metric_7_');
  expect(within(table).getAllByRole('row')).toHaveLength(2);
  expect(within(table).getByText('Metric_7_total')).toBeInTheDocument();
  await user.type(find, 'x');
  expect(screen.getByText('No column is called “metric_7_x”.')).toBeInTheDocument();
});

it('does not send the form that it stands in', async () => {
  const sent = vi.fn((event: React.FormEvent) => event.preventDefault());
  const { user } = renderApp(
    <form onSubmit={sent}>
      <ColumnsTab dataset={withColumns(findFrom)} />
      <button type="submit">Send</button>
    </form>,
  );
  await user.type(screen.getByRole('textbox', { name: 'Find a column' }), 'metric{Enter}');
  expect(sent).not.toHaveBeenCalled();
  await user.click(screen.getByRole('button', { name: 'Send' }));
  expect(sent).toHaveBeenCalledOnce();
});

it('has no field where all columns are seen at a glance', () => {
  renderApp(<ColumnsTab dataset={withColumns(findFrom - 1)} />);
  expect(screen.getAllByRole('row')).toHaveLength(findFrom);
  expect(screen.queryByRole('textbox', { name: 'Find a column' })).not.toBeInTheDocument();
});
