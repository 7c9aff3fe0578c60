// Rows are deleted after they were counted and the number was typed, as it was counted and under the condition that was counted.
import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Model, Role } from '@/api/types';
import { flightsModel } from '@/testing/fake-engine';
import { flightsDetail, problem, session } from '@/testing/fixtures';
import { mockState } from '@/testing/mock-state';
import { renderApp } from '@/testing/render-app';
import { server } from '@/testing/server';
import { pickable, says, withFilter } from './condition';
import { DatasetMenu } from '../dataset-menu';

beforeAll(async () => {
  await Promise.all([import('./delete-rows-dialog'), import('@/components/filter-editor')]);
}, 60_000);

async function open(role: Role = 'admin') {
  const { user } = renderApp(<DatasetMenu dataset={flightsDetail} />, {
    session: { ...session, user: { ...session.user, role } },
  });
  await user.click(screen.getByRole('button', { name: 'More actions' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Delete rows\u2026' }));
  const dialog = await screen.findByRole('dialog', { name: /^Delete rows/ });
  const condition = within(dialog).getByLabelText('Rows for which this is true');
  const count = async (text: string) => {
    await user.clear(condition);
    await user.type(condition, text);
    await user.click(within(dialog).getByRole('button', { name: 'Count' }));
  };
  return { user, dialog, condition, count };
}

describe('rows', () => {
  it('go when they were counted and their number was typed', async () => {
    const { user, dialog, count } = await open();
    expect(within(dialog).getByRole('button', { name: 'Delete rows' })).toBeDisabled();
    await count("origin = 'EWR'");
    await waitFor(() =>
      expect(screen.getByTestId('rows-to-go')).toHaveTextContent('14 of 336,776 rows would go'),
    );
    const button = within(dialog).getByRole('button', { name: 'Delete 14 rows' });
    expect(button).toBeDisabled();
    await user.type(within(dialog).getByLabelText('Type 14 to confirm'), '1');
    expect(button).toBeDisabled();
    await user.type(within(dialog).getByLabelText('Type 14 to confirm'), '4');
    await user.click(button);
    await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
    expect(mockState.gone).toEqual([
      { predicate: "origin = 'EWR'", expected_rows: 14, work: 'deletion' },
    ]);
  });

  it('are counted again under another condition', async () => {
    const { user, dialog, condition, count } = await open();
    await count('true');
    await user.type(await within(dialog).findByLabelText('Type 4 to confirm'), '4');
    expect(within(dialog).getByRole('button', { name: 'Delete 4 rows' })).toBeEnabled();
    await user.type(condition, ' or false');
    expect(screen.getByTestId('rows-to-go')).toBeEmptyDOMElement();
    expect(within(dialog).getByRole('button', { name: 'Delete rows' })).toBeDisabled();
  });

  it('stay, and it is said why, when the condition is none', async () => {
    const { dialog, count } = await open();
    await count('no_such = 1');
    expect(await within(dialog).findByText('unknown column "no_such"')).toBeInTheDocument();
    expect(within(dialog).getByRole('button', { name: 'Delete rows' })).toBeDisabled();
    expect(mockState.gone).toEqual([]);
  });

  it('are no longer waited for where the server does not know the work any more', async () => {
    let asked = 0;
    server.use(
      http.get('*/api/v1/datasets/:name/jobs/:id', () => {
        asked += 1;
        return HttpResponse.json(problem(404, 'not_found', 'Not found'), { status: 404 });
      }),
    );
    const { user, dialog, count } = await open();
    await count('true');
    await user.type(await within(dialog).findByLabelText('Type 4 to confirm'), '4');
    await user.click(within(dialog).getByRole('button', { name: 'Delete 4 rows' }));
    expect(await within(dialog).findByText(/^Nothing is known any more/)).toBeInTheDocument();
    // More than one turn of asking.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(asked).toBe(1);
    await user.click(within(dialog).getByRole('button', { name: 'Cancel' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
  });

  it('are erased by admins alone', async () => {
    const { user, dialog, count } = await open();
    await count('true');
    // What was typed was meant for a deletion.
    await user.type(await within(dialog).findByLabelText('Type 4 to confirm'), '4');
    await user.click(within(dialog).getByRole('checkbox', { name: /^Erase them/ }));
    expect(within(dialog).getByLabelText('Type 4 to confirm')).toHaveValue('');
    expect(within(dialog).getByRole('button', { name: 'Erase 4 rows' })).toBeDisabled();
    await user.type(within(dialog).getByLabelText('Type 4 to confirm'), '4');
    await user.click(within(dialog).getByRole('button', { name: 'Erase 4 rows' }));
    await waitFor(() => expect(mockState.gone.map(({ work }) => work)).toEqual(['erasure']));
  });

  it('are not erased by editors', async () => {
    const { dialog, count } = await open('editor');
    await count('true');
    await within(dialog).findByLabelText('Type 4 to confirm');
    expect(within(dialog).queryByRole('checkbox')).not.toBeInTheDocument();
  });
});

describe('a condition', () => {
  const model: Model = {
    ...flightsModel,
    dimensions: [
      { name: 'origin', label: 'Origin', type: 'string', column: 'origin' },
      { name: 'at', label: 'At', type: 'timestamp', column: 'at' },
    ],
  };
  const filter = { member: 'flights.origin', operator: 'equals' as const, values: ['EWR'] };

  it('is picked from what single rows have', () => {
    expect(pickable(model).dimensions.map(({ name }) => name)).toEqual(['origin']);
  });

  it.each([
    ['', `"origin" = 'EWR'`],
    ['a = 1', `a = 1\nand "origin" = 'EWR'`],
    ['a = 1 or b = 2', `(a = 1 or b = 2)\nand "origin" = 'EWR'`],
  ])('is added to %j', (before, sql) => {
    expect(withFilter(before, filter, model)).toEqual({ sql });
  });

  it('that has no words in SQL is told', () => {
    const days = { member: 'flights.at', operator: 'inDateRange' as const, values: ['today'] };
    expect(withFilter('', days, model)).toEqual({
      problem: expect.stringContaining('depends on the zone') as string,
    });
  });

  it.each([
    ['1,234', 1_234, true],
    ['1 234', 1_234, true],
    ['', 0, false],
    ['0', 0, true],
    ['12', 123, false],
  ])('%j says %d: %s', (typed, rows, expected) => {
    expect(says(typed, rows)).toBe(expected);
  });
});
