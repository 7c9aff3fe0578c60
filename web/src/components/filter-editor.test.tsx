// The form of a filter: values from the API in pages, searched, taken back; and from a question where the API has no list.
import { screen, waitFor, within } from '@testing-library/react';
import { delay, http, HttpResponse } from 'msw';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { queryQueue } from '@/api/request-queue';
import type { RequestQueue } from '@/api/request-queue';
import type { AsOf, SemanticQuery } from '@/api/types';
import { valuesQueue } from '@/api/values-api';
import { dashboardHandlers } from '@/testing/dashboard-handlers';
import { flightsModel } from '@/testing/fake-engine';
import { problem } from '@/testing/fixtures';
import { gate } from '@/testing/gate';
import { renderApp } from '@/testing/render-app';
import { server } from '@/testing/server';
import { FilterEditor } from './filter-editor';

let listed: string[] = [];
let asked: SemanticQuery[] = [];
const onApply = vi.fn();

/** Ten values, of which a page has four. */
const many = Array.from({ length: 10 }, (_, at) => `v${at}`);
const PAGE = 4;

beforeEach(() => {
  listed = [];
  asked = [];
  onApply.mockReset();
  server.use(
    http.get('*/api/v1/models/flights/values', ({ request }) => {
      const params = new URL(request.url).searchParams;
      listed.push(params.toString());
      const found = many.filter((value) => value.includes(params.get('search') ?? ''));
      const offset = Number(params.get('offset') ?? 0);
      return HttpResponse.json({
        values: found.slice(offset, offset + PAGE),
        more: found.length > offset + PAGE,
      });
    }),
    http.post('*/api/v1/queries', async ({ request }) => {
      asked.push((await request.clone().json()) as SemanticQuery);
      return undefined;
    }),
    ...dashboardHandlers,
  );
});

const open = (asOf: AsOf | null = null) =>
  renderApp(
    <FilterEditor
      models={[flightsModel]}
      filter={null}
      asOf={asOf}
      startWith="flights.carrier"
      onApply={onApply}
    />,
  );
const list = () => screen.getByRole('list', { name: 'Values' });
const box = (name: string) => within(list()).findByRole('checkbox', { name });

describe('values of a dimension', () => {
  it('come from the list of the API, and are read on page by page', async () => {
    const { user } = open();
    await user.click(await box('v0'));
    expect(within(list()).getAllByRole('checkbox')).toHaveLength(4);
    expect(screen.getByText('1 chosen, first 4 shown: type to find others')).toBeVisible();
    await user.click(within(list()).getByRole('button', { name: 'More values' }));
    // Whoever goes on by keyboard is at the first that is new.
    await waitFor(async () => expect(await box('v4')).toHaveFocus());
    await user.click(within(list()).getByRole('button', { name: 'More values' }));
    await waitFor(() => expect(within(list()).getAllByRole('checkbox')).toHaveLength(10));
    expect(within(list()).queryByRole('button')).toBeNull();
    expect(listed).toEqual([
      'dimension=carrier&limit=100',
      'dimension=carrier&limit=100&offset=4',
      'dimension=carrier&limit=100&offset=8',
    ]);
    expect(asked).toEqual([]);
    await user.click(screen.getByRole('button', { name: 'Apply filter' }));
    expect(onApply).toHaveBeenCalledWith({
      member: 'flights.carrier',
      operator: 'equals',
      values: ['v0'],
    });
  });

  it('are searched when somebody stops typing', async () => {
    const { user } = open();
    await user.click(await box('v1'));
    await user.type(screen.getByRole('textbox', { name: 'Search values' }), '9');
    await waitFor(() => expect(listed).toHaveLength(2));
    expect(listed[1]).toBe('dimension=carrier&limit=100&search=9');
    await waitFor(() => expect(within(list()).queryByText('v2')).toBeNull());
    // What is chosen stays.
    expect(await box('v1')).toBeChecked();
    expect(await box('v9')).not.toBeChecked();
  });

  it('are not awaited once others are', async () => {
    const taken: string[] = [];
    server.use(
      http.get('*/api/v1/models/flights/values', async ({ request }) => {
        const search = new URL(request.url).searchParams.get('search') ?? '';
        request.signal.addEventListener('abort', () => taken.push(search));
        if (search === '') await delay('infinite');
        return HttpResponse.json({ values: ['found'], more: false });
      }),
    );
    const { user, unmount } = open();
    expect(within(list()).getByText('Looking…')).toBeVisible();
    await user.type(screen.getByRole('textbox', { name: 'Search values' }), 'f');
    expect(await box('found')).toBeEnabled();
    expect(taken).toEqual(['']);
    unmount();
    expect(valuesQueue.active).toBe(0);
  });

  it('wait for no chart, and no chart for them', async () => {
    const hold = (queue: RequestQueue, many: number) => {
      const gates = Array.from({ length: many }, gate);
      gates.forEach(([opened]) => void queue.run(() => opened));
      return () => gates.forEach(([, letGo]) => letGo());
    };
    const letCharts = hold(queryQueue, 16);
    open();
    expect(await box('v0')).toBeEnabled();
    letCharts();
    const letLists = hold(valuesQueue, 3);
    await waitFor(() => expect(queryQueue.active).toBe(0));
    expect(valuesQueue.active).toBe(2);
    letLists();
    await waitFor(() => expect(valuesQueue.active).toBe(0));
  });

  it('say what is wrong, and that none matches', async () => {
    const { user } = open();
    await box('v0');
    await user.type(screen.getByRole('textbox', { name: 'Search values' }), 'zz');
    expect(await within(list()).findByText('No value matches')).toBeVisible();
    server.use(
      http.get('*/api/v1/models/flights/values', () =>
        HttpResponse.json(problem(503, 'unavailable', 'The store is away'), { status: 503 }),
      ),
    );
    await user.type(screen.getByRole('textbox', { name: 'Search values' }), 'z');
    expect(await within(list()).findByText('The store is away')).toBeVisible();
  });

  it('are counted by a question in an older state, which the list does not have', async () => {
    open(2);
    expect(await within(list()).findByRole('checkbox', { name: /^UA/ })).toBeEnabled();
    expect(listed).toEqual([]);
    expect(asked).toMatchObject([{ dimensions: ['flights.carrier'], asOf: 2 }]);
  });
});
