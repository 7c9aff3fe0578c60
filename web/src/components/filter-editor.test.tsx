// The form of a filter: values from the API in pages, searched, taken back; and from a question where the API has no list.
import { act, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { delay, http, HttpResponse } from 'msw';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { queryQueue } from '@/api/request-queue';
import type { RequestQueue } from '@/api/request-queue';
import { resultStore } from '@/api/result-store';
import type { SemanticQuery } from '@/api/types';
import { valuesQueue } from '@/api/values-api';
import { answerTo } from '@/testing/access-handlers';
import { dashboardHandlers } from '@/testing/dashboard-handlers';
import { flightsModel } from '@/testing/fake-engine';
import { problem } from '@/testing/fixtures';
import { gate } from '@/testing/gate';
import { renderApp } from '@/testing/render-app';
import { server } from '@/testing/server';
import { FilterEditor } from './filter-editor';
import type { FilterEditorProps } from './filter-editor';

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

const open = (change: Partial<FilterEditorProps> = {}) =>
  renderApp(
    <FilterEditor
      models={[flightsModel]}
      filter={null}
      asOf={null}
      startWith="flights.carrier"
      onApply={onApply}
      {...change}
    />,
  );
const chosen = (...values: string[]): Partial<FilterEditorProps> => ({
  filter: { member: 'flights.carrier', operator: 'equals', values },
});
const list = () => screen.getByRole('list', { name: 'Values' });
const box = (name: string) => within(list()).findByRole('checkbox', { name });
const boxes = () => within(list()).getAllByRole('checkbox');
const moreButton = () => within(list()).getByRole('button', { name: 'More values' });
const searchField = () => screen.getByRole('textbox', { name: 'Search values' });

describe('values of a dimension', () => {
  it('come from the list of the API, and are read on page by page', async () => {
    const { user } = open();
    await user.click(await box('v0'));
    // What is missing is in no list of values.
    expect(boxes()).toHaveLength(5);
    const [count] = screen.getAllByRole('status');
    expect(count).toHaveTextContent('1 chosen, first 4 shown');
    await user.click(moreButton());
    // Whoever goes on by keyboard is at the first that is new, and is told how many there are now.
    await waitFor(async () => expect(await box('v4')).toHaveFocus());
    expect(count).toHaveTextContent('1 chosen, first 8 shown');
    await user.click(moreButton());
    await waitFor(() => expect(boxes()).toHaveLength(11));
    expect(await box('v8')).toHaveFocus();
    expect(count).toHaveTextContent('1 chosen, all 10 shown');
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

  it('are read on at the first that was not there, where some were chosen before', async () => {
    const { user } = open(chosen('v5', 'v8', 'v9'));
    await box('v0');
    await user.click(moreButton());
    await waitFor(async () => expect(await box('v4')).toHaveFocus());
    // Nothing of the last page is new, and there is no button any more.
    await user.click(moreButton());
    await waitFor(() => expect(list()).toHaveFocus());
    expect(boxes()).toHaveLength(11);
    expect(within(list()).queryByRole('button')).toBeNull();
  });

  it('leave whoever asked for more where they are, if all of the page is there', async () => {
    const { user } = open(chosen('v4', 'v5', 'v6', 'v7'));
    await box('v0');
    await user.click(moreButton());
    await waitFor(() => expect(screen.getByText(/first 8 shown/)).toBeVisible());
    expect(moreButton()).toHaveFocus();
  });

  it('are chosen also where they are missing, unless somebody looks for text', async () => {
    const { user } = open();
    await box('v0');
    await user.type(searchField(), 'v');
    expect(within(list()).queryByRole('checkbox', { name: 'no value' })).toBeNull();
    await user.clear(searchField());
    await user.click(await box('no value'));
    await user.click(await box('v1'));
    await user.click(screen.getByRole('button', { name: 'Apply filter' }));
    expect(onApply).toHaveBeenCalledWith({
      member: 'flights.carrier',
      operator: 'equals',
      values: [null, 'v1'],
    });
  });

  it('have beside them what is offered, and then nothing missing', async () => {
    open({ offers: ['{user.desk}'] });
    await box('v0');
    expect(await box('{user.desk}')).not.toBeChecked();
    expect(within(list()).queryByRole('checkbox', { name: 'no value' })).toBeNull();
  });

  it('are searched when somebody stops typing', async () => {
    const { user } = open();
    await user.click(await box('v1'));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const type = (value: string) => fireEvent.change(searchField(), { target: { value } });
    const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));
    try {
      type('v');
      await pass(200);
      type('v9');
      await pass(200);
      expect(listed).toHaveLength(1);
      await pass(100);
      await expect.poll(() => listed).toHaveLength(2);
    } finally {
      vi.useRealTimers();
    }
    await waitFor(() => expect(within(list()).queryByText('v2')).toBeNull());
    expect(listed.slice(1)).toEqual(['dimension=carrier&limit=100&search=v9']);
    // What is chosen stays.
    expect(await box('v1')).toBeChecked();
    expect(await box('v9')).not.toBeChecked();
    expect(screen.getByText('1 chosen, 1 found')).toBeVisible();
  });

  it('stay, with all of their pages, when a search is taken back before its answer', async () => {
    const { user } = open();
    await box('v0');
    await user.click(moreButton());
    await box('v7');
    let slow = true;
    server.use(
      http.get('*/api/v1/models/flights/values', async ({ request }) => {
        if (!slow) return undefined;
        listed.push(new URL(request.url).searchParams.has('search') ? 'searched' : 'read on');
        await delay('infinite');
        return undefined;
      }),
    );
    await user.click(moreButton());
    await waitFor(() => expect(listed).toHaveLength(3));
    await user.type(searchField(), 'q');
    await waitFor(() => expect(listed).toHaveLength(4));
    slow = false;
    await user.clear(searchField());
    await waitFor(() => expect(list()).toHaveAttribute('aria-busy', 'false'));
    expect(await box('v7')).toBeEnabled();
    // They can be read on, and not from the beginning.
    await user.click(moreButton());
    await waitFor(async () => expect(await box('v8')).toHaveFocus());
    expect(listed.slice(2)).toEqual([
      'read on',
      'searched',
      'dimension=carrier&limit=100&offset=8',
    ]);
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
    await user.type(searchField(), 'f');
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
    const letLists = hold(valuesQueue, 16);
    await waitFor(() => expect(queryQueue.active).toBe(0));
    expect(valuesQueue.active).toBe(2);
    await queryQueue.run(() => Promise.resolve());
    letLists();
    await waitFor(() => expect(valuesQueue.active).toBe(0));
  });

  it('are pasted as a list, in which a comma is a part of a value', async () => {
    const { user } = open();
    await box('v0');
    await user.click(searchField());
    await user.paste('Atlanta, GA');
    expect(searchField()).toHaveValue('Atlanta, GA');
    expect(screen.getByText(/^None chosen/)).toBeVisible();
    await user.clear(searchField());
    await user.paste('Atlanta, GA\nBoston, MA');
    expect(searchField()).toHaveValue('');
    expect(await box('Boston, MA')).toBeChecked();
    expect(screen.getByText(/^2 chosen/)).toBeVisible();
  });

  it('are not added where one of a pasted list is no number', async () => {
    const { user } = open({ startWith: 'flights.month' });
    await user.click(await screen.findByRole('textbox', { name: 'Search values' }));
    await user.paste('5\nabc');
    expect(screen.getByText(/^Nothing was added: .abc. is not a number$/)).toBeVisible();
    expect(screen.getByText(/^None chosen/)).toBeVisible();
  });

  it('say that none matches', async () => {
    const { user } = open();
    await box('v0');
    await user.type(searchField(), 'zz');
    expect(await within(list()).findByText('No value matches')).toBeVisible();
    expect(screen.getByText('None chosen, 0 found')).toBeVisible();
  });

  it('say what is wrong and what to do, and are asked for again', async () => {
    let away = true;
    const refusal = { ...problem(503, 'unavailable', 'The store is away'), suggestions: ['wait'] };
    server.use(
      http.get('*/api/v1/models/flights/values', () =>
        away ? HttpResponse.json(refusal, { status: 503 }) : undefined,
      ),
    );
    const { user } = open();
    const alert = await within(list()).findByRole('alert');
    expect(alert).toHaveTextContent('The store is away');
    expect(alert).toHaveTextContent('Instead:wait');
    away = false;
    await user.click(within(alert).getByRole('button', { name: 'Try again' }));
    await waitFor(() => expect(boxes()).toHaveLength(5));
    expect(within(list()).queryByRole('alert')).toBeNull();
  });

  it('say why nothing is seen, also to who looks for some', async () => {
    resultStore.clear();
    server.use(
      http.get('*/api/v1/models/flights/values', () =>
        HttpResponse.json({ values: [], more: false }),
      ),
      http.post('*/api/v1/queries', async ({ request }) => {
        const query = (await request.json()) as SemanticQuery;
        asked.push(query);
        return HttpResponse.json(answerTo('u3', query));
      }),
    );
    const { user } = open();
    const reason = 'Your attribute airport is not set.';
    expect(await within(list()).findByText(reason)).toBeVisible();
    await user.type(searchField(), 'zz');
    await waitFor(() => expect(list()).toHaveAttribute('aria-busy', 'true'));
    await waitFor(() => expect(list()).toHaveAttribute('aria-busy', 'false'));
    expect(within(list()).getByText(reason)).toBeVisible();
    expect(asked).toHaveLength(1);
  });

  it('are counted by a question in an older state, which the list does not have', async () => {
    open({ asOf: 2 });
    expect(await within(list()).findByRole('checkbox', { name: /^UA/ })).toBeEnabled();
    expect(listed).toEqual([]);
    expect(asked).toMatchObject([{ dimensions: ['flights.carrier'], asOf: 2 }]);
  });
});
