// The page as somebody uses it who has no mouse or does not look: where the focus is, and what is said.
import { screen, waitFor, within } from '@testing-library/react';
import { delay, http, HttpResponse } from 'msw';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { dashboardHandlers, resetDashboards } from '@/testing/dashboard-handlers';
import { flightsModel } from '@/testing/fake-engine';
import { joinedModels } from '@/testing/joined-fixtures';
import { renderApp } from '@/testing/render-app';
import { server } from '@/testing/server';
import { widgetKinds } from '@/widgets/registry';
import ExplorePage from './explore-page';

beforeAll(async () => {
  await Promise.all([
    ...widgetKinds.map(({ View }) => View.preload()),
    import('@/components/filter-editor'),
    import('./table/table-card'),
  ]);
});

beforeEach(() => {
  resetDashboards(['count']);
  const { matchMedia } = window;
  vi.spyOn(window, 'matchMedia').mockImplementation((media) => ({
    ...matchMedia(media),
    matches: media.includes('min-width'),
  }));
  server.use(...dashboardHandlers);
});

const open = (search: string) => renderApp(<ExplorePage />, { path: `/explore${search}` });
const button = (name: string) => screen.findByRole('button', { name });
const question = () => screen.getByRole('region', { name: 'Question' });
const heard = (words: string | RegExp) =>
  waitFor(() => expect(screen.getAllByRole('status').at(-1)).toHaveTextContent(words));

describe('what is taken away', () => {
  const filters = '&f=carrier:equals:UA&f=origin:equals:JFK&f=month:equals:1';

  it('leaves the focus at the filter that moves up, then at the one before, then at the question', async () => {
    const { user } = open(`?m=count${filters}`);
    (await button('Remove filter Origin is JFK')).focus();
    await user.keyboard('{Enter}');
    expect(await button('Remove filter Month is 1')).toHaveFocus();
    await user.keyboard('{Enter}');
    expect(await button('Remove filter Carrier is UA')).toHaveFocus();
    await user.keyboard('{Enter}');
    await waitFor(() => expect(question()).toHaveFocus());
  });

  it('leaves it at the field before, then at the question', async () => {
    const { user } = open('?m=count&d=carrier,origin');
    (await button('Remove Origin')).focus();
    await user.keyboard('{Enter}');
    expect(await button('Remove Carrier')).toHaveFocus();
    await user.keyboard('{Enter}');
    await waitFor(() => expect(question()).toHaveFocus());
  });

  it('in its form leaves it at the question, and what is changed there where it was opened', async () => {
    const { user } = open('?m=count&f=carrier:equals:UA');
    await user.click(await button('Carrier is UA'));
    const form = await screen.findByRole('dialog', { name: 'Filter' });
    await user.click(await within(form).findByRole('checkbox', { name: /^DL/ }));
    await user.click(within(form).getByRole('button', { name: 'Apply filter' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    const chip = await screen.findByRole('button', { name: /^Carrier is .*DL/ });
    expect(chip).toHaveFocus();
    await user.keyboard('{Enter}');
    const again = await screen.findByRole('dialog', { name: 'Filter' });
    await user.click(await within(again).findByRole('button', { name: 'Remove' }));
    await waitFor(() => expect(question()).toHaveFocus());
  });
});

describe('a long list of fields', () => {
  it('goes on where it ended, with the focus, and keeps what is chosen of the rest in sight', async () => {
    const measures = Array.from({ length: 20 }, (_, place) => ({
      name: `m${place}`,
      label: `Number ${place}.`,
      kind: 'count' as const,
    }));
    server.use(
      http.get('*/api/v1/models', () =>
        HttpResponse.json({ items: [{ ...flightsModel, measures }] }),
      ),
    );
    const { user } = open('?model=flights&m=m19');
    const list = await screen.findByRole('group', { name: 'Measures' });
    expect(within(list).getAllByRole('button', { name: /Number/ })).toHaveLength(13);
    expect(within(list).getByRole('button', { name: /Number 19\./, pressed: true })).toBeVisible();
    // What is taken away does not go from below the focus.
    within(list)
      .getByRole('button', { name: /Number 19\./ })
      .focus();
    await user.keyboard('{Enter}');
    expect(
      await within(list).findByRole('button', { name: /Number 19\./, pressed: false }),
    ).toHaveFocus();
    within(list).getByRole('button', { name: '7 more of Measures' }).focus();
    await user.keyboard('{Enter}');
    expect(within(list).getByRole('button', { name: /Number 12\./ })).toHaveFocus();
    expect(within(list).queryByRole('button', { name: /more of/ })).toBeNull();
  });
});

describe('the menu of a cell', () => {
  const openCell = async (user: ReturnType<typeof open>['user']) => {
    (await screen.findByRole('grid')).focus();
    await user.keyboard('{ArrowDown}{Enter}');
  };

  it('goes on by keyboard where it asks by what', async () => {
    const { user } = open('?m=count&d=carrier');
    await openCell(user);
    (await screen.findByRole('menuitem', { name: 'Break down by…' })).focus();
    await user.keyboard('{Enter}');
    expect(screen.getAllByRole('menuitem')[0]).toHaveFocus();
    await user.keyboard('{ArrowDown}');
    expect(screen.getAllByRole('menuitem')[1]).toHaveFocus();
  });

  it('begins with the rows, also of a group of what is joined', async () => {
    server.use(http.get('*/api/v1/models', () => HttpResponse.json({ items: joinedModels })));
    const { user } = open('?m=count&d=origin_airport.city');
    await openCell(user);
    const rows = await screen.findByRole('menuitem', { name: 'Show the rows' });
    await user.keyboard('{Home}');
    expect(rows).toHaveFocus();
  });
});

describe('what cannot be chosen', () => {
  it('is reached among the kinds of charts, says why, and is not taken', async () => {
    const { user } = open('?m=count&d=carrier');
    const chart = await screen.findByRole('combobox', { name: 'Chart' });
    chart.focus();
    await user.keyboard('{Enter}');
    const map = await screen.findByRole('option', { name: 'Map' });
    while (document.activeElement !== map) {
      const before = document.activeElement;
      await user.keyboard('{ArrowDown}');
      expect(document.activeElement).not.toBe(before);
    }
    expect(map).toHaveAttribute('aria-disabled', 'true');
    expect(map).toHaveAccessibleDescription(/latitude|place|dimension/i);
    await user.keyboard('{Enter} ');
    expect(map).toBeVisible();
    expect(chart).not.toHaveTextContent('Map');
  });

  it('is reached where nothing can be compared', async () => {
    const { user } = open('?m=count&time=all');
    const compare = await button('Compare with the previous period');
    compare.focus();
    expect(compare).toHaveFocus();
    expect(compare).toHaveAccessibleDescription(/all time has nothing before it/);
    await user.keyboard('{Enter}');
    expect(compare).toHaveAttribute('aria-pressed', 'false');
  });
});

describe('an answer', () => {
  it('is said to be there, and how many rows it has', async () => {
    const { user } = open('?m=count&d=origin');
    await heard('Flights by origin: 3 rows');
    await user.click(await button('Remove Origin'));
    await heard('Flights: 1 row');
  });

  it('that is not awaited leaves the focus where it was asked for', async () => {
    server.use(http.post('*/api/v1/queries', () => delay('infinite')));
    const { user } = open('?m=count&d=carrier&limit=76');
    const find = await screen.findByRole('textbox', { name: 'Find a field' });
    find.focus();
    (await button('Cancel')).focus();
    await heard('Running');
    await user.keyboard('{Enter}');
    await screen.findByText('The question was taken back');
    await waitFor(() => expect(find).toHaveFocus());
  });
});
