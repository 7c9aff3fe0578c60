// Leaving a draft inside the application: by a tab, a shortcut, a link, and the browser's way back.
import { render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { act } from 'react';
import { BrowserRouter, Link, Route, Routes } from 'react-router';
import { describe, expect, it } from 'vitest';
import { rules } from '@/testing/contract-fixtures';
import { session } from '@/testing/fixtures';
import { mockState } from '@/testing/mock-state';
import { renderApp } from '@/testing/render-app';
import { DatasetView } from '@/features/datasets/dataset-view';
import { LeaveDialog } from './leave-dialog';

const question = () => screen.findByRole('dialog', { name: 'Leave without saving?' });
const answer = async (user: ReturnType<typeof userEvent.setup>, name: 'Leave' | 'Cancel') => {
  await user.click(within(await question()).getByRole('button', { name }));
  await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
};
const tab = (name: string) => screen.getByRole('tab', { name });
const selected = (name: string) => expect(tab(name)).toHaveAttribute('aria-selected', 'true');

describe('a contract that is not saved', () => {
  async function open() {
    mockState.contract = { rules };
    const { user } = renderApp(
      <Routes>
        <Route path="/datasets" element={<p>All datasets</p>} />
        <Route path="/datasets/flights" element={<DatasetView name="flights" />} />
      </Routes>,
      {
        path: '/datasets/flights?tab=contract',
        session: { ...session, user: { ...session.user, role: 'admin' } },
      },
    );
    await screen.findByRole('list', { name: 'Rules' });
    const change = () =>
      user.click(screen.getByRole('button', { name: 'Remove rule 1, Not missing' }));
    return { user, change };
  }
  const kept = () =>
    expect(
      within(screen.getByRole('list', { name: 'Rules' })).getAllByRole('listitem'),
    ).toHaveLength(2);

  it.each<[string, (user: ReturnType<typeof userEvent.setup>) => Promise<void>]>([
    ['another tab', (user) => user.click(tab('Columns'))],
    ['the digit of another tab', (user) => user.keyboard('1')],
  ])('is not left for %s without a question', async (_way, go) => {
    const { user, change } = await open();
    await change();
    await go(user);
    await answer(user, 'Cancel');
    selected('Contract');
    kept();
    await go(user);
    await answer(user, 'Leave');
    selected('Columns');
    // It is asked about no more.
    await user.click(tab('Contract'));
    await screen.findByRole('list', { name: 'Rules' });
    await user.click(tab('Columns'));
    selected('Columns');
  });

  it('is not left by a link without a question', async () => {
    const { user, change } = await open();
    await change();
    await user.click(screen.getByRole('link', { name: 'Datasets' }));
    await answer(user, 'Cancel');
    kept();
    await user.click(screen.getByRole('link', { name: 'Datasets' }));
    await answer(user, 'Leave');
    expect(await screen.findByText('All datasets')).toBeInTheDocument();
  });

  it('is not asked about where it is not left, nor where nothing was changed', async () => {
    const { user, change } = await open();
    await user.click(tab('Columns'));
    selected('Columns');
    await user.click(tab('Contract'));
    await screen.findByRole('list', { name: 'Rules' });
    await change();
    await user.keyboard('8');
    kept();
    expect(screen.queryByRole('dialog')).not.toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Reset' }));
    await user.click(tab('Columns'));
    selected('Columns');
  });
});

describe('the way back of the browser', () => {
  it('is gone only after the question', async () => {
    const user = userEvent.setup();
    window.history.replaceState(null, '', '/list');
    render(
      <BrowserRouter>
        <Routes>
          <Route path="/list" element={<Link to="/draft">Open</Link>} />
          <Route
            path="/draft"
            element={
              <>
                <p>A draft</p>
                <LeaveDialog changed what="the contract" />
              </>
            }
          />
        </Routes>
      </BrowserRouter>,
    );
    await user.click(screen.getByRole('link', { name: 'Open' }));
    expect(await screen.findByText('A draft')).toBeInTheDocument();
    act(() => window.history.back());
    await answer(user, 'Cancel');
    await waitFor(() => expect(window.location.pathname).toBe('/draft'));
    expect(screen.getByText('A draft')).toBeInTheDocument();
    act(() => window.history.back());
    await answer(user, 'Leave');
    expect(await screen.findByRole('link', { name: 'Open' })).toBeInTheDocument();
    expect(window.location.pathname).toBe('/list');
  });
});
