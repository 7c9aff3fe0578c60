// What an admin orders for a dataset: it is begun, told, and stopped where that is possible.
import { screen, waitFor, within } from '@testing-library/react';
import { http } from 'msw';
import { describe, expect, it } from 'vitest';
import { refuse } from '@/testing/handlers';
import { jobOf } from '@/testing/job-handlers';
import { mockState } from '@/testing/mock-state';
import { renderApp } from '@/testing/render-app';
import { server } from '@/testing/server';
import { UpkeepOrders } from './upkeep-orders';
import { jobText } from './upkeep-words';

const report = { version: 4, rows: 6, objects: 5, bytes: 0 };

describe('ordered work', () => {
  it.each([
    ['Compact now', 'Merging small segments', 'compaction'],
    ['Clean up now', 'Removing unneeded data', 'vacuum'],
  ])('%s: begins and can be cancelled', async (button, name, work) => {
    const { user } = renderApp(<UpkeepOrders dataset="flights" />);
    expect(await screen.findByText('Nothing was ordered in the last hour.')).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: button }));
    const item = within(await screen.findByRole('list', { name: 'Ordered work' }));
    expect(item.getByText(name)).toBeInTheDocument();
    expect(mockState.jobs.map((job) => job.work)).toEqual([work]);
    await user.click(item.getByRole('button', { name: 'Cancel' }));
    await waitFor(() => expect(item.getByText(/^cancelled/)).toBeInTheDocument());
    expect(item.queryByRole('button', { name: 'Cancel' })).not.toBeInTheDocument();
  });

  it('that takes rows away is shown and not cancelled', async () => {
    mockState.jobs = [jobOf('deletion')];
    renderApp(<UpkeepOrders dataset="flights" />);
    const item = within(await screen.findByRole('list', { name: 'Ordered work' }));
    expect(item.getByText('Deleting rows')).toBeInTheDocument();
    expect(item.queryByRole('button')).not.toBeInTheDocument();
  });

  it('that is refused says why', async () => {
    server.use(
      http.post('*/api/v1/datasets/:name/compaction', () =>
        refuse(429, 'exhausted', 'Too much at once', '4 jobs are running already'),
      ),
    );
    const { user } = renderApp(<UpkeepOrders dataset="flights" />);
    await user.click(await screen.findByRole('button', { name: 'Compact now' }));
    expect(await screen.findByText('4 jobs are running already')).toBeInTheDocument();
  });

  it('says in words what it did', () => {
    expect(jobText(jobOf('compaction', { state: 'done', report }))).toBe('5 segments less, 6 rows');
    expect(jobText(jobOf('deletion', { state: 'done', report }))).toBe('6 rows');
    expect(jobText(jobOf('vacuum', { state: 'done', report: { ...report, rows: 0 } }))).toBe(
      '5 objects',
    );
    expect(jobText(jobOf('erasure'))).toBe('runs\u2026');
  });
});
