// A dashboard on the screen: values, states of cards, filters in the address, editing by keyboard,
// conflicts and kept drafts. Answers come from the mocked engine.
import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { Fragment, useState } from 'react';
import type { ComponentType, PropsWithChildren } from 'react';
import { useDispatch } from 'react-redux';
import { Route, Routes, useLocation } from 'react-router';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SemanticQuery, Widget } from '@/api/types';
import { LiveClientContext, offClient } from '@/api/live-client';
import type { LiveClient } from '@/api/live-client';
import { queryKey } from '@/api/query-key';
import { resultStore } from '@/api/result-store';
import type { AppDispatch } from '@/app/store';
import { flightsDashboard } from '@/testing/dashboard-fixtures';
import { dashboardHandlers, resetDashboards } from '@/testing/dashboard-handlers';
import { answer } from '@/testing/fake-engine';
import { problem } from '@/testing/fixtures';
import { renderApp } from '@/testing/render-app';
import { server } from '@/testing/server';
import { tripsView } from '@/testing/view-fixtures';
import { version, versionPage } from '@/testing/version-fixtures';
import { askDashboardEarly, PATIENCE_MS } from './ask-early';
import DashboardPage from './dashboard-page';

// The parts that load when they are opened, loaded once for all tests.
beforeAll(async () => {
  await Promise.all([
    import('./edit/edit-area'),
    import('./edit/edit-bar'),
    import('./edit/conflict-dialog'),
    import('@/components/filter-editor'),
    import('@/components/time-panel'),
    import('./view/as-of-panel'),
  ]);
}, 60_000);

function Address() {
  return <output data-testid="address">{decodeURIComponent(useLocation().search)}</output>;
}

function open(path = '/dashboards/d1', Around: ComponentType<PropsWithChildren> = Fragment) {
  return renderApp(
    <Around>
      <Routes>
        <Route path="/dashboards/:id" element={<DashboardPage />} />
      </Routes>
      <Address />
    </Around>,
    { path },
  );
}

const card = (name: string) => screen.findByRole('region', { name }, { timeout: 5_000 });

beforeEach(() => {
  resetDashboards(['w1', 'w3', 'w6']);
  resultStore.clear();
  server.use(...dashboardHandlers);
});

/** Asks before the page is drawn, as signing in does. */
function AskedEarly({ children }: PropsWithChildren) {
  const dispatch = useDispatch<AppDispatch>();
  useState(() => askDashboardEarly(dispatch, 'd1', '', { width: 1024, height: 768 }));
  return children;
}

describe('reading', () => {
  it('draws cards that were asked for early once, with their answers', async () => {
    // However busy the machine is: patience never ends.
    const { setTimeout: real } = window;
    vi.spyOn(window, 'setTimeout').mockImplementation(((run: () => void, ms?: number) =>
      ms === PATIENCE_MS ? 0 : real(run, ms)) as typeof window.setTimeout);
    const states = new Set<string>();
    const look = new MutationObserver(() => {
      for (const region of document.querySelectorAll<HTMLElement>('[data-widget-id]'))
        states.add(`${region.dataset.widgetId} ${region.dataset.state}`);
    });
    look.observe(document.body, { subtree: true, childList: true, attributes: true });
    open('/dashboards/d1', AskedEarly);
    expect(await within(await card('Flights')).findByTestId('widget-delta')).toBeInTheDocument();
    look.disconnect();
    expect([...states].sort()).toEqual(['w1 ready', 'w3 ready', 'w6 ready']);
  });

  it('shows values with their full precision, range and zone', async () => {
    open();
    const flights = await card('Flights');
    const value = await within(flights).findByTestId('widget-value', undefined, { timeout: 8_000 });
    expect(value).toHaveTextContent(/^\d+(\.\d+)?K$/);
    expect(value.title).toMatch(/^\d{1,3},\d{3}$/);
    expect(await within(flights).findByTestId('widget-delta')).toHaveTextContent(/[▲▼]/);
    expect(screen.getByTestId('time-control')).toHaveTextContent(
      'Last 90 days of data, America/New_York',
    );
    expect(await screen.findByTestId('resolved-range')).toHaveTextContent('2013');
  });

  it('keeps a failure inside its card, with a way on', async () => {
    server.use(
      http.post('*/api/v1/queries', async ({ request }) => {
        const query = (await request.clone().json()) as SemanticQuery;
        if (query.measures?.[0] !== 'flights.share_late' || query.dimensions?.length)
          return undefined;
        return HttpResponse.json(problem(500, 'internal', 'The server failed to answer'), {
          status: 500,
          headers: { 'content-type': 'application/problem+json', 'x-request-id': 'req-9' },
        });
      }),
    );
    open();
    const failed = await card('Share late');
    expect(await within(failed).findByRole('alert')).toHaveTextContent(
      'The server failed to answer',
    );
    expect(failed).toHaveAttribute('data-state', 'error');
    expect(within(failed).getByRole('button', { name: 'Try again' })).toBeInTheDocument();
    expect(
      await within(await card('Flights')).findByTestId('widget-value', undefined, {
        timeout: 8_000,
      }),
    ).toBeInTheDocument();
  });

  it('says in a card why its number is not compared, and compares again', async () => {
    let refused = true;
    server.use(
      http.post('*/api/v1/queries', async ({ request }) => {
        const { asOf } = (await request.clone().json()) as SemanticQuery;
        if (asOf == null || !refused) return undefined;
        return HttpResponse.json(problem(400, 'invalid', 'Version 3 is gone'), { status: 400 });
      }),
    );
    open();
    const flights = await card('Flights');
    const footer = await within(flights).findByTestId('card-footer', undefined, { timeout: 8_000 });
    expect(footer).toHaveTextContent('Not compared: Version 3 is gone');
    expect(within(flights).getByTestId('widget-value')).toBeInTheDocument();
    refused = false;
    fireEvent.click(within(footer).getByRole('button', { name: 'Try again' }));
    expect(await within(flights).findByTestId('widget-delta')).toBeInTheDocument();
    expect(within(flights).queryByTestId('card-footer')).toBeNull();
  });

  it('asks no card of a view that is not known without its time, early or late', async () => {
    const { definition } = flightsDashboard;
    const [widget] = definition.widgets as [Widget];
    const widgets = [{ ...widget, options: {}, query: { measures: ['trips.trips'] } }];
    const asked: SemanticQuery[] = [];
    server.use(
      http.get('*/api/v1/dashboards/d1', () =>
        HttpResponse.json({ ...flightsDashboard, definition: { ...definition, widgets } }),
      ),
      http.get('*/api/v1/views', () =>
        HttpResponse.json(problem(503, 'unavailable', 'Views do not come'), { status: 503 }),
      ),
      http.post('*/api/v1/queries', async ({ request }) => {
        asked.push((await request.clone().json()) as SemanticQuery);
        return HttpResponse.json(answer({ measures: ['flights.count'] }));
      }),
    );
    const { user } = open('/dashboards/d1', AskedEarly);
    const trips = await card('Flights');
    expect(
      await within(trips).findByRole('alert', undefined, { timeout: 8_000 }),
    ).toHaveTextContent('Views do not come');
    expect(asked).toEqual([]);
    server.use(http.get('*/api/v1/views', () => HttpResponse.json({ items: [tripsView] })));
    await user.click(within(trips).getByRole('button', { name: 'Try again' }));
    await waitFor(() => expect(asked.length).toBeGreaterThan(0));
    expect(asked[0]?.timeDimensions).toEqual([
      { dimension: 'trips.left_at', dateRange: 'last 90 days of data' },
    ]);
  });

  it('says why there is nothing, and jumps to the latest data', async () => {
    const { user } = open('/dashboards/d1?time=2020-01-01..2020-01-31');
    const bars = await card('Flights by carrier');
    expect(await within(bars).findByText('No rows')).toBeInTheDocument();
    await user.click(within(bars).getByRole('button', { name: 'Jump to latest data' }));
    await waitFor(() => expect(bars).toHaveAttribute('data-state', 'ready'));
    expect(screen.getByTestId('address')).toHaveTextContent('time=last+90+days+of+data');
  });

  it('reads a chart by keyboard and filters by Enter', async () => {
    const { user } = open();
    const bars = await card('Flights by carrier');
    const chart = await within(bars).findByRole('group', undefined, { timeout: 5_000 });
    chart.focus();
    await user.keyboard('{ArrowDown}');
    expect(within(bars).getByRole('status')).toHaveTextContent(/^UA: [\d,]+$/);
    await user.keyboard('{Enter}');
    expect(screen.getByTestId('address')).toHaveTextContent('f=flights.carrier:equals:UA');
    expect(await screen.findByText('Carrier is UA')).toBeInTheDocument();
  });

  it('keeps the focus at its filters, whatever is changed or taken away', async () => {
    const { user } = open(
      '/dashboards/d1?f=flights.carrier:equals:UA&f=flights.origin:equals:JFK&f=flights.month:equals:1',
    );
    const chip = (name: string | RegExp) => screen.findByRole('button', { name });
    (await chip(/^Origin is JFK/)).focus();
    await user.keyboard('{Delete}');
    expect(await chip(/^Month is 1/)).toHaveFocus();
    await user.keyboard('{Delete}');
    expect(await chip('Add filter')).toHaveFocus();
    await user.click(await chip(/^Carrier is UA/));
    const form = await screen.findByRole('dialog', { name: 'Filter' });
    await user.click(await within(form).findByRole('checkbox', { name: /^DL/ }));
    await user.click(within(form).getByRole('button', { name: 'Apply filter' }));
    const changed = await chip(/^Carrier is .*DL/);
    await waitFor(() => expect(changed).toHaveFocus());
    await user.keyboard('{Enter}');
    await user.click(await chip('Remove'));
    await waitFor(() =>
      expect(screen.getByRole('region', { name: 'Time and filters' })).toHaveFocus(),
    );
  });

  it('shows every chart as a table', async () => {
    const { user } = open();
    const bars = await card('Flights by carrier');
    await waitFor(() => expect(bars).toHaveAttribute('data-state', 'ready'));
    await user.click(within(bars).getByRole('button', { name: 'Menu of Flights by carrier' }));
    await user.click(await screen.findByRole('menuitem', { name: 'View as table' }));
    expect(await within(bars).findByRole('grid')).toBeInTheDocument();
  });

  it('says whether the link to it was copied', async () => {
    const { user } = open();
    const flights = await card('Flights');
    const copy = async () => {
      await user.click(within(flights).getByRole('button', { name: 'Menu of Flights' }));
      await user.click(await screen.findByRole('menuitem', { name: 'Copy link' }));
    };
    await copy();
    expect(await screen.findByText('Link copied')).toBeVisible();
    vi.spyOn(navigator.clipboard, 'writeText').mockRejectedValue(new Error('refused'));
    await copy();
    expect(await screen.findByRole('alert')).toHaveTextContent(/cannot copy: http.*[?&]w=/);
  });

  it('says where a number comes from', async () => {
    const { user } = open();
    const flights = await card('Flights');
    await within(flights).findByTestId('widget-value', undefined, { timeout: 8_000 });
    await user.click(within(flights).getByRole('button', { name: 'Menu of Flights' }));
    await user.click(await screen.findByRole('menuitem', { name: 'Where does this come from?' }));
    const dialog = await screen.findByRole('dialog', {
      name: /^Where does this number come from/,
    });
    expect(dialog).toHaveTextContent('flights, version 3');
    await user.click(within(dialog).getByRole('button', { name: 'How it was answered' }));
    expect(dialog).toHaveTextContent('11 answered from memory');
    await user.click(within(dialog).getByRole('button', { name: 'Explain the query' }));
    expect(await within(dialog).findByText('not used: it does not keep tailnum')).toBeVisible();
  });

  it('shows what a question would read that was refused, and not where a number comes from', async () => {
    server.use(
      http.post('*/api/v1/queries', () =>
        HttpResponse.json(problem(429, 'exhausted', 'This would read 9 GB'), { status: 429 }),
      ),
    );
    const { user } = open();
    const flights = await card('Flights');
    await waitFor(() => expect(flights).toHaveAttribute('data-state', 'error'));
    await user.click(within(flights).getByRole('button', { name: 'Menu of Flights' }));
    expect(
      await screen.findByRole('menuitem', { name: /^Where does this come from/ }),
    ).toHaveAttribute('aria-disabled', 'true');
    await user.click(screen.getByRole('menuitem', { name: 'What would this read?' }));
    const dialog = await screen.findByRole('dialog', { name: /^What would this read/ });
    expect(await within(dialog).findByText('not used: it does not keep tailnum')).toBeVisible();
  });

  it('takes what the live channel stores without asking again', async () => {
    open();
    const flights = await card('Flights');
    const value = await within(flights).findByTestId('widget-value', undefined, { timeout: 8_000 });
    const query = {
      measures: ['flights.count'],
      timeDimensions: [{ dimension: 'flights.time_hour', dateRange: 'last 90 days of data' }],
      timezone: 'America/New_York',
    };
    const result = answer(query, 9);
    result.data = [[123_456]];
    resultStore.put({
      key: queryKey(query),
      result,
      version: 9,
      confirmedAt: Date.now(),
      source: 'live',
    });
    await waitFor(() => expect(value).toHaveAttribute('title', '123,456'));
  });
});

describe('time travel', () => {
  it('asks every card for the state of a version, follows nothing, and comes back', async () => {
    const asked: SemanticQuery[] = [];
    const followed: SemanticQuery[] = [];
    server.use(
      http.post('*/api/v1/queries', async ({ request }) => {
        asked.push((await request.clone().json()) as SemanticQuery);
        return undefined;
      }),
    );
    const client: LiveClient = {
      ...offClient,
      subscribe: (_key, query) => {
        followed.push(query);
        return () => undefined;
      },
    };
    const { user } = open('/dashboards/d1', ({ children }) => (
      <LiveClientContext value={client}>{children}</LiveClientContext>
    ));
    // Two of three compare, each with the state of its own answer; when that changes, they ask again.
    await waitFor(() => expect(asked).toHaveLength(5));
    await waitFor(() => expect(followed).toHaveLength(3));
    expect(asked.map(({ asOf }) => asOf ?? 'now').sort()).toEqual([3, 3, 'now', 'now', 'now']);
    const before = followed.length;

    await user.click(screen.getByRole('button', { name: 'Time travel' }));
    const panel = await screen.findByRole('dialog', { name: 'Time travel' });
    asked.length = 0;
    // The compaction and the change of settings changed no row; the first version is not kept.
    const group = await within(panel).findByRole('group', { name: 'What happened to Flights' });
    expect(within(group).getAllByRole('button')).toHaveLength(2);
    await user.click(within(group).getByRole('button', { name: /Pushed rows · \+3 rows/ }));
    expect(await screen.findByTestId('as-of-banner')).toHaveTextContent(
      'As of 22 Nov 2026, 13:02:00 (America/New_York), not live.',
    );
    expect(screen.getByTestId('address')).toHaveTextContent('asOf=2026-11-22T18:02:00.000Z');
    await waitFor(() => expect(asked.length).toBeGreaterThan(4));
    expect(new Set(asked.map(({ asOf }) => asOf))).toEqual(new Set(['2026-11-22T18:02:00.000Z']));
    await waitFor(async () => expect(await card('Flights')).toHaveAttribute('aria-busy', 'false'));
    expect(followed).toHaveLength(before);

    await user.click(screen.getByRole('button', { name: 'Back to live' }));
    expect(screen.queryByTestId('as-of-banner')).not.toBeInTheDocument();
    expect(screen.getByTestId('address')).not.toHaveTextContent('asOf');
    await waitFor(() => expect(followed.length).toBeGreaterThan(before));
    expect(followed.every(({ asOf }) => asOf == null)).toBe(true);
  }, 30_000);

  it('is that of the version that was chosen, to the millisecond', async () => {
    const committed = '2026-11-22T18:02:00.125Z';
    server.use(
      http.get('*/api/v1/datasets/:name/versions', () =>
        HttpResponse.json({
          ...versionPage,
          items: [version(2, { rows_added: 3, committed_at: committed })],
        }),
      ),
    );
    const { user } = open('/dashboards/d1');
    await user.click(await screen.findByRole('button', { name: 'Time travel' }));
    await user.click(await screen.findByRole('button', { name: /22 Nov 2026, 13:02:00\.125/ }));
    expect(await screen.findByTestId('as-of-banner')).toHaveTextContent('13:02:00.125');
    expect(screen.getByTestId('address')).toHaveTextContent(`asOf=${committed}`);
    // Shown again as it is, it is still that version.
    await user.click(screen.getByRole('button', { name: 'Time travel' }));
    const field = await screen.findByLabelText<HTMLInputElement>(
      'Date and time (America/New_York)',
    );
    expect(field).toHaveValue('2026-11-22T13:02:00.125');
    await user.click(screen.getByRole('button', { name: 'Show' }));
    expect(screen.getByTestId('address')).toHaveTextContent(`asOf=${committed}`);
  });

  it('takes a typed time, and refuses one that is still to come', async () => {
    const { user } = open('/dashboards/d1?asOf=2026-11-22T18:02:07Z');
    expect(await screen.findByTestId('as-of-banner')).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Time travel' }));
    const field = await screen.findByLabelText<HTMLInputElement>(
      'Date and time (America/New_York)',
    );
    // With or without a fraction, as the browser likes it.
    expect(field.value).toMatch(/^2026-11-22T13:02:07(\.000)?$/);
    fireEvent.change(field, { target: { value: '2999-01-01T00:00:00' } });
    expect(screen.getByText('This is still to come.')).toBeInTheDocument();
    fireEvent.change(field, { target: { value: '2026-11-22T13:03:30' } });
    await user.click(screen.getByRole('button', { name: 'Show' }));
    await waitFor(() =>
      expect(screen.getByTestId('address')).toHaveTextContent('asOf=2026-11-22T18:03:30.000Z'),
    );
  });
});

describe('editing', () => {
  it('moves, resizes, undoes, renames and saves by keyboard', async () => {
    const { user, store } = open();
    await card('Flights');
    await user.keyboard('e');
    const handle = await screen.findByRole('button', { name: 'Move Flights' }, { timeout: 8_000 });
    handle.focus();
    const layout = () =>
      store.getState().draft?.draft?.history.present.content.definition.widgets[0]?.layout;
    await user.keyboard('{Shift>}{ArrowDown}{/Shift}');
    expect(layout()).toMatchObject({ h: 3 });
    expect(handle).toHaveFocus();
    await user.keyboard('{Escape}');
    expect(layout()).toMatchObject({ h: 2 });
    await user.keyboard('{Shift>}{ArrowDown}{ArrowDown}{/Shift}{Enter}');
    expect(layout()).toMatchObject({ h: 4 });
    await user.keyboard('{Control>}z{/Control}');
    expect(layout()).toMatchObject({ h: 2 });
    await user.keyboard('{Control>}{Shift>}z{/Shift}{/Control}');
    expect(layout()).toMatchObject({ h: 4 });
    const title = screen.getByRole('textbox', { name: 'Title of the dashboard' });
    await user.clear(title);
    await user.type(title, 'Ours');
    await user.click(screen.getByRole('button', { name: 'Save' }));
    expect(await screen.findByRole('heading', { level: 1, name: 'Ours' })).toBeInTheDocument();
    expect(await screen.findByText('Saved')).toBeInTheDocument();
  }, 40_000);

  it('keeps the focus at undo and redo also where nothing is left for them', async () => {
    const { user, store } = open();
    await card('Flights');
    await user.keyboard('e');
    const handle = await screen.findByRole('button', { name: 'Move Flights' }, { timeout: 8_000 });
    handle.focus();
    await user.keyboard('{Shift>}{ArrowDown}{/Shift}{Enter}');
    const history = () => store.getState().draft?.draft?.history;
    const undo = screen.getByRole('button', { name: 'Undo: Resized Flights' });
    const redo = screen.getByRole('button', { name: 'Nothing to redo' });
    undo.focus();
    await user.keyboard('{Enter}{Enter}');
    expect(history()).toMatchObject({ past: [], future: [{ label: 'Resized Flights' }] });
    expect(undo).toHaveFocus();
    expect(undo).toHaveAccessibleName('Nothing to undo');
    expect(undo).toHaveAttribute('aria-disabled', 'true');
    redo.focus();
    await user.keyboard('{Enter}{Enter}');
    expect(history()?.future).toEqual([]);
    expect(redo).toHaveFocus();
    expect(redo).toHaveAttribute('aria-disabled', 'true');
  }, 40_000);

  it('keeps the focus at a card that is configured, and beside one that is deleted', async () => {
    const { user } = open();
    await card('Flights');
    await user.keyboard('e');
    const handle = await screen.findByRole('button', { name: 'Move Flights' }, { timeout: 8_000 });
    const choose = async (name: string) => {
      await user.click(screen.getByRole('button', { name: 'Menu of Flights' }));
      await user.click(await screen.findByRole('menuitem', { name }));
    };
    await choose('Configure');
    const panel = screen.getByRole('complementary', { name: 'Configure Flights' });
    await waitFor(() =>
      expect(within(panel).getByRole('textbox', { name: 'Title' })).toHaveFocus(),
    );
    await user.click(within(panel).getByRole('button', { name: 'Done' }));
    await waitFor(() => expect(handle).toHaveFocus());
    const next = screen.getAllByRole('button', { name: /^Move / })[1];
    await choose('Delete');
    await waitFor(() => expect(next).toHaveFocus());
    expect(handle).not.toBeInTheDocument();
  }, 40_000);

  it('has the cards one below the other on phones, and changes them by their menus', async () => {
    const { matchMedia } = window;
    vi.spyOn(window, 'matchMedia').mockImplementation((media) => ({
      ...matchMedia(media),
      matches: media.includes('max-width: 599px'),
    }));
    const { user } = open();
    await card('Flights');
    await user.keyboard('e');
    const stack = await screen.findByTestId('edit-stack');
    expect(screen.queryByTestId('edit-grid')).toBeNull();
    const menuOf = (title: string) =>
      within(stack).findByRole('button', { name: `Menu of ${title}` });
    await user.click(await menuOf('Flights'));
    await user.click(await screen.findByRole('menuitem', { name: 'Duplicate' }));
    const copied = await menuOf('Flights (copy)');
    await waitFor(() => expect(copied).toHaveFocus());
  }, 40_000);

  it('offers both ways when somebody else has saved', async () => {
    const { user } = open();
    await card('Flights');
    await user.keyboard('e');
    const title = await screen.findByRole('textbox', { name: 'Title of the dashboard' });
    await user.type(title, '!');
    server.use(
      http.put('*/api/v1/dashboards/:id', () =>
        HttpResponse.json(
          {
            ...problem(412, 'precondition_failed', 'Someone else saved a newer version'),
            current_version: 7,
          },
          { status: 412 },
        ),
      ),
    );
    await user.click(screen.getByRole('button', { name: 'Save' }));
    const dialog = await screen.findByRole('dialog');
    expect(dialog).toHaveTextContent('version 7 is there now');
    await user.click(within(dialog).getByRole('button', { name: 'Reload theirs' }));
    await waitFor(() =>
      expect(screen.queryByRole('toolbar', { name: 'Editing' })).not.toBeInTheDocument(),
    );
  });

  it('continues a draft after the browser was closed', async () => {
    const first = open();
    await card('Flights');
    await first.user.keyboard('e');
    await first.user.type(
      await screen.findByRole('textbox', { name: 'Title of the dashboard' }),
      ' 2',
    );
    first.unmount();
    const second = open();
    await second.user.click(await screen.findByRole('button', { name: 'Continue draft' }));
    expect(await screen.findByRole('textbox', { name: 'Title of the dashboard' })).toHaveValue(
      'Flights from New York 2',
    );
    expect(screen.getByRole('button', { name: 'Undo: Renamed the dashboard' })).toBeEnabled();
  });
});
