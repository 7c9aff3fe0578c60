// The page as somebody uses it: choosing, turning, comparing, looking behind a cell, saving; and when things go wrong.
import { screen, waitFor, within } from '@testing-library/react';
import { delay, http, HttpResponse } from 'msw';
import { useLocation } from 'react-router';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SemanticQuery, Session } from '@/api/types';
import { explanation } from '@/testing/dashboard-fixtures';
import { dashboardHandlers, resetDashboards } from '@/testing/dashboard-handlers';
import { problem, session } from '@/testing/fixtures';
import { joinedModels } from '@/testing/joined-fixtures';
import { renderApp } from '@/testing/render-app';
import { server } from '@/testing/server';
import { filedView } from '@/testing/view-fixtures';
import { sqlHandlers } from '@/testing/sql-handlers';
import { widgetKinds } from '@/widgets/registry';
import ExplorePage from './explore-page';

let asked: SemanticQuery[] = [];

beforeAll(async () => {
  await Promise.all([
    ...widgetKinds.map(({ View }) => View.preload()),
    import('@/components/filter-editor'),
    import('@/components/time-panel'),
    import('@/components/provenance/provenance-dialog'),
    import('@/components/provenance/explain-dialog'),
    import('./save/save-dialog'),
    import('./drill/rows-dialog'),
    import('./table/table-card'),
  ]);
});

beforeEach(() => {
  resetDashboards(['count']);
  asked = [];
  // Wide: the fields stand beside the answer.
  const { matchMedia } = window;
  vi.spyOn(window, 'matchMedia').mockImplementation((media) => ({
    ...matchMedia(media),
    matches: media.includes('min-width'),
  }));
  server.use(...dashboardHandlers, ...sqlHandlers);
  server.events.removeAllListeners();
  server.events.on('request:start', ({ request }) => {
    if (request.url.endsWith('/queries'))
      void request
        .clone()
        .json()
        .then((query) => asked.push(query as SemanticQuery));
  });
});

function Address() {
  const { pathname, search } = useLocation();
  return <output data-testid="address">{decodeURIComponent(pathname + search)}</output>;
}

const open = (search = '', as: Session = session) =>
  renderApp(
    <>
      <ExplorePage />
      <Address />
    </>,
    { path: `/explore${search}`, session: as },
  );
const address = () => screen.getByTestId('address').textContent;
const fields = () => screen.findByRole('complementary', { name: 'Fields' });
const grid = (name: string | RegExp) => screen.findByRole('grid', { name });
const cells = (row: HTMLElement) =>
  within(row)
    .getAllByRole('gridcell')
    .map((cell) => cell.textContent);

describe('what is joined', () => {
  beforeEach(() =>
    server.use(http.get('*/api/v1/models', () => HttpResponse.json({ items: joinedModels }))),
  );

  it('has groups of its own, is asked by the name of the join, and filters', async () => {
    const { user } = open('?m=count');
    const list = await fields();
    const airport = within(list).getByRole('group', { name: 'Origin airport' });
    expect(within(list).getByRole('group', { name: 'Maker' })).toBeVisible();
    expect(within(list).queryByRole('group', { name: 'Legs' })).toBeNull();
    await user.click(within(airport).getByRole('button', { name: /City$/ }));
    expect(address()).toBe('/explore?model=flights&m=count&d=origin_airport.city');
    const table = await grid('Flights by origin airport: city');
    expect(
      await within(table).findByRole('columnheader', { name: /Origin airport: City/ }),
    ).toBeVisible();
    const newark = await within(table).findByRole('gridcell', { name: 'Newark' });
    await user.click(newark);
    expect(await screen.findByRole('menuitem', { name: 'Show the rows' })).toBeVisible();
    await user.click(screen.getByRole('menuitem', { name: 'Only Origin airport: City Newark' }));
    expect(address()).toContain('f=origin_airport.city:equals:Newark');
    expect(
      await screen.findByRole('button', { name: 'Remove filter Origin airport: City is Newark' }),
    ).toBeVisible();
    await waitFor(() =>
      expect(asked.at(-1)?.filters).toEqual([
        { member: 'origin_airport.city', operator: 'equals', values: ['Newark'] },
      ]),
    );
  });

  it('lies in the folders of a view, under its titles', async () => {
    server.use(http.get('*/api/v1/views', () => HttpResponse.json({ items: [filedView] })));
    const { user } = open('?model=trips');
    const list = await fields();
    const groups = within(list).getAllByRole('group');
    expect(groups.map((group) => group.getAttribute('aria-label'))).toEqual([
      'On time',
      'On time › When',
      'Where from',
      'Measures',
      'Dimensions',
    ]);
    const [onTime] = groups;
    await user.click(
      within(onTime as HTMLElement).getByRole('button', { name: /Average arrival delay$/ }),
    );
    expect(address()).toBe('/explore?model=trips&m=avg_arr_delay');
    // A field that lies in two folders is chosen in both.
    expect(
      within(list).getAllByRole('button', { name: /Average arrival delay$/, pressed: true }),
    ).toHaveLength(2);
  });

  it('stands across', async () => {
    open('?m=count&d=carrier,origin_airport.city&pivot=origin_airport.city');
    const table = await grid('Flights by carrier and origin airport: city');
    expect(await within(table).findByRole('columnheader', { name: /Newark/ })).toBeVisible();
  });

  it('offers its values in the form of filters', async () => {
    const { user } = open('?m=count&d=origin_airport.city');
    await user.click(await screen.findByRole('button', { name: 'Add filter' }));
    const form = await screen.findByRole('form', { name: 'Filter' });
    await user.click(await within(form).findByRole('checkbox', { name: /^Newark/ }));
    await user.click(within(form).getByRole('button', { name: 'Apply filter' }));
    expect(address()).toContain('f=origin_airport.city:equals:Newark');
  });

  it('has named filters to switch on and off', async () => {
    const { user } = open('?m=count');
    const chip = await screen.findByRole('button', { name: 'From New York proper' });
    expect(chip).toHaveAttribute('aria-pressed', 'false');
    await user.click(chip);
    expect(address()).toContain('seg=busy');
    await waitFor(() => expect(asked.at(-1)?.segments).toEqual(['flights.busy']));
    expect(screen.getByRole('button', { name: 'From New York proper' })).toHaveAttribute(
      'aria-pressed',
      'true',
    );
  });
});

describe('choosing', () => {
  it('asks as fields are chosen, and keeps all of it in the address', async () => {
    const { user } = open();
    const list = await fields();
    await user.click(within(list).getByRole('button', { name: /Flights$/ }));
    await user.click(within(list).getByRole('button', { name: /Carrier$/ }));
    expect(address()).toBe('/explore?model=flights&m=count&d=carrier');
    const table = await grid('Flights by carrier');
    await waitFor(() =>
      expect(cells(within(table).getAllByRole('row')[1] as HTMLElement)[0]).toBe('UA'),
    );
    await user.click(screen.getByRole('button', { name: 'Remove Carrier' }));
    expect(address()).toBe('/explore?model=flights&m=count');
  });

  it('is done by keyboard alone: typing finds, arrows move, Enter adds', async () => {
    const { user } = open();
    const list = await fields();
    await user.click(within(list).getByRole('textbox', { name: 'Find a field' }));
    await user.keyboard('arr del');
    expect(within(list).getAllByRole('button')).toHaveLength(1);
    await user.keyboard('{Enter}');
    expect(address()).toContain('m=avg_arr_delay');
    await user.keyboard('{Escape}{ArrowDown}{ArrowDown}');
    expect(within(list).getByRole('button', { name: /Flights$/ })).toHaveFocus();
    await user.keyboard('{Enter}');
    expect(address()).toContain('m=avg_arr_delay,count');
  });

  it('begins with a question where nothing is chosen', async () => {
    const { user } = open();
    await user.click(await screen.findByRole('button', { name: 'Flights by carrier' }));
    expect(await grid('Flights by carrier')).toBeVisible();
  });

  it('adds filters by type, and opens them again', async () => {
    const { user } = open('?m=count&d=carrier');
    await user.click(await screen.findByRole('button', { name: 'Add filter' }));
    const form = await screen.findByRole('form', { name: 'Filter' });
    await user.click(await within(form).findByRole('checkbox', { name: /^UA/ }));
    await user.click(within(form).getByRole('button', { name: 'Apply filter' }));
    expect(address()).toContain('f=carrier:equals:UA');
    expect(await screen.findByRole('button', { name: 'Carrier is UA' })).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Remove filter Carrier is UA' }));
    expect(address()).not.toContain('f=');
  });

  it('has the engine order by a head', async () => {
    const { user } = open('?m=count&d=carrier');
    await user.click(
      within(await grid('Flights by carrier')).getByRole('columnheader', { name: 'Carrier' }),
    );
    expect(address()).toContain('order=carrier:asc');
    await waitFor(() =>
      expect(asked.some(({ order }) => order?.[0]?.[0] === 'flights.carrier')).toBe(true),
    );
  });
});

describe('the answer', () => {
  it('has totals from the one question, and says where there are none', async () => {
    open('?m=avg_arr_delay&d=carrier');
    const table = await grid('Average arrival delay by carrier');
    await within(table).findByText('Total');
    expect(asked.map(({ totals }) => totals)).toEqual([[[]]]);
  });

  it('has no totals where a condition on a measure leaves groups out', async () => {
    open('?m=count&d=carrier&f=count:gt:1');
    expect(await screen.findByText(/No totals: a condition on a measure/)).toBeVisible();
    expect(within(await grid('Flights by carrier')).queryByText('Total')).toBeNull();
    expect(asked.map(({ totals }) => totals)).toEqual([undefined]);
  });

  it('puts values across, with sums that came with the answer', async () => {
    open('?m=count&d=carrier,origin&pivot=origin');
    const table = await grid('Flights by carrier and origin');
    await within(table).findByRole('columnheader', { name: 'Total' });
    expect(
      within(table)
        .getAllByRole('columnheader')
        .map((head) => head.textContent),
    ).toEqual(['Carrier', 'EWR', 'JFK', 'LGA', 'Total']);
    expect(asked.map(({ totals }) => totals)).toEqual([
      [[], ['flights.origin'], ['flights.carrier']],
    ]);
  });

  it('is asked in the zone of who asks, and says another one in its address', async () => {
    const calendar = { timezone: 'Asia/Tokyo' };
    const { user } = open('?m=count', { ...session, tenant: { ...session.tenant, calendar } });
    await waitFor(() => expect(asked.at(-1)?.timezone).toBe('Asia/Tokyo'));
    const zone = screen.getByRole('combobox', { name: 'Time zone' });
    expect(zone).toHaveValue('Asia/Tokyo');
    await user.clear(zone);
    await user.type(zone, 'UTC{Enter}');
    await waitFor(() => expect(asked.at(-1)?.timezone).toBe('UTC'));
    expect(address()).toContain('zone=UTC');
  });

  it('says in a copied link by which calendar it is meant', async () => {
    const { user } = open('?m=count&grain=week&time=2013-01-01..2013-06-30&chart=table');
    await grid('Flights by week');
    await user.click(screen.getByRole('button', { name: 'Copy link' }));
    expect(await screen.findByText('Link copied')).toBeVisible();
    expect(await navigator.clipboard.readText()).toMatch(/[?&]cal=week:monday/);
    expect(asked.map(({ calendar }) => calendar)).toEqual([undefined]);
  });

  it('shows the calendar of a link, which can be given up', async () => {
    const { user } = open('?m=count&grain=week&chart=table&cal=week:sunday');
    await grid('Flights by week');
    expect(asked.map(({ calendar }) => calendar)).toEqual([
      { weekStart: 'sunday', yearStart: 1, dayStart: 0 },
    ]);
    expect(screen.getByText('Weeks from Sunday')).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Ask by the usual calendar' }));
    await waitFor(() => expect(asked.at(-1)?.calendar).toBeUndefined());
    expect(screen.getByTestId('address')).not.toHaveTextContent('cal=');
  });

  it('compares with the period before', async () => {
    open('?m=count&d=carrier&compare=before');
    const table = await grid('Flights by carrier');
    const [, first] = within(table).getAllByRole('row');
    await waitFor(() => expect(cells(first as HTMLElement)[2]).not.toBe('—'));
    const [, now, before, difference, change] = cells(first as HTMLElement);
    const number = (text = '') => Number(text.replaceAll(',', '').replace('−', '-'));
    expect(number(difference ?? '')).toBe(number(now ?? '') - number(before ?? ''));
    expect(change).toMatch(/^[+−][\d.]+%$/);
  });

  it('is compared in its own state, and says with what', async () => {
    const { user } = open('?m=count&d=carrier&compare=before&limit=73');
    await grid('Flights by carrier');
    await waitFor(() => expect(asked.map(({ asOf }) => asOf)).toEqual([undefined, 3]));
    const button = screen.getByRole('button', { name: 'Where does this come from?' });
    await user.click(button);
    const dialog = await screen.findByRole('dialog');
    const compared = await within(dialog).findByRole('region', { name: 'Compared with' });
    expect(compared).toHaveTextContent('flights, version 3');
    expect(compared).not.toHaveTextContent('State');
  });

  it('says why it is not compared, and compares again', async () => {
    let refused = true;
    server.use(
      http.post('*/api/v1/queries', async ({ request }) => {
        const { asOf } = (await request.clone().json()) as SemanticQuery;
        if (asOf == null || !refused) return undefined;
        return HttpResponse.json(problem(400, 'invalid', 'Version 3 is gone'), { status: 400 });
      }),
    );
    const { user } = open('?m=count&d=carrier&compare=before&f=origin:equals:LGA');
    const answer = await screen.findByRole('region', { name: 'Answer' });
    expect(await within(answer).findByText(/Not compared with before: Version 3/)).toBeVisible();
    refused = false;
    await user.click(within(answer).getByRole('button', { name: 'Compare again' }));
    await waitFor(() => expect(answer).not.toHaveTextContent('Not compared'));
  });

  it('says where it comes from, and how it would be answered', async () => {
    const { user } = open('?m=count&d=carrier');
    await user.click(await screen.findByRole('button', { name: 'Where does this come from?' }));
    const dialog = await screen.findByRole('dialog');
    expect(dialog).toHaveTextContent('flights, version 3');
    await user.click(within(dialog).getByRole('button', { name: 'Explain the query' }));
    expect(await within(dialog).findByText(/9 answers kept/)).toBeVisible();
  });
});

describe('what the question would read', () => {
  const explain = async (user: ReturnType<typeof open>['user']) => {
    await user.click(await screen.findByRole('button', { name: 'What would this read?' }));
    return screen.findByRole('dialog', { name: /What would this read/ });
  };

  it('is told while the answer is awaited', async () => {
    server.use(http.post('*/api/v1/queries', () => delay('infinite')));
    // A limit that no other test has: its answer is not there yet.
    const { user } = open('?m=count&d=carrier&limit=71');
    const dialog = await explain(user);
    expect(await within(dialog).findByText(/9 answers kept/)).toBeVisible();
    expect(dialog).toHaveTextContent('Flights by carrier');
    expect(dialog).toHaveTextContent('This is the answer itself.');
    // Who listens is told so where they are: what the dialog covers is not read out.
    await waitFor(() =>
      expect(within(dialog).getByRole('status')).toHaveTextContent(/^Would read 28,279 rows/),
    );
    expect(screen.queryByText('Where does this come from?')).toBeNull();
    await user.click(within(dialog).getByRole('button', { name: 'Close' }));
    expect(await screen.findByRole('button', { name: 'What would this read?' })).toHaveFocus();
  });

  it('is told where it is over the budget', async () => {
    server.use(
      http.post('*/api/v1/queries', () =>
        HttpResponse.json(
          { ...problem(429, 'exhausted', 'Over the budget'), suggestions: ['ask by day'] },
          { status: 429 },
        ),
      ),
      http.post('*/api/v1/queries/explain', () =>
        HttpResponse.json({
          ...explanation,
          budget: { rows: 10 },
          within_budget: false,
          suggestions: ['ask by day'],
        }),
      ),
    );
    const { user } = open('?m=count&d=carrier&limit=72');
    expect(await screen.findByText('Over the budget')).toBeVisible();
    const dialog = await explain(user);
    expect(await within(dialog).findByText('10 rows: over')).toBeVisible();
    expect(within(dialog).getByText('ask by day')).toBeVisible();
  });

  it('is not asked of nothing', async () => {
    open();
    await screen.findByRole('button', { name: 'Flights by carrier' });
    expect(screen.queryByRole('button', { name: 'What would this read?' })).toBeNull();
  });
});

describe('behind a cell', () => {
  it('are its rows, which can be taken along as a file', async () => {
    const { user } = open('?m=count&d=carrier&f=origin:equals:JFK');
    const table = await grid('Flights by carrier');
    await user.click(within(table).getAllByText('UA')[0] as HTMLElement);
    await user.click(await screen.findByRole('menuitem', { name: 'Show the rows' }));
    const dialog = await screen.findByRole('dialog');
    expect(await within(dialog).findByRole('grid')).toBeVisible();
    expect(dialog).toHaveTextContent('flights version 3 · Times in');
    expect(asked.at(-1)).toMatchObject({
      ungrouped: true,
      filters: [
        { member: 'flights.carrier', operator: 'equals', values: ['UA'] },
        { member: 'flights.origin', operator: 'equals', values: ['JFK'] },
        { member: 'flights.time_hour', operator: 'gte', values: ['2013-10-03T04:00:00.000Z'] },
        { member: 'flights.time_hour', operator: 'lt', values: ['2014-01-01T05:00:00.000Z'] },
      ],
    });
    expect(within(dialog).getByRole('button', { name: 'Download CSV' })).toBeEnabled();
  });

  it('is its group by something else', async () => {
    const { user } = open('?m=count&d=carrier');
    const table = await grid('Flights by carrier');
    await user.click(within(table).getAllByText('UA')[0] as HTMLElement);
    await user.click(await screen.findByRole('menuitem', { name: 'Break down by…' }));
    await user.click(await screen.findByRole('menuitem', { name: 'Origin' }));
    expect(address()).toBe('/explore?model=flights&m=count&d=origin&f=carrier:equals:UA');
  });

  it('opens by Enter', async () => {
    const { user } = open('?m=count&d=carrier');
    (await grid('Flights by carrier')).focus();
    await user.keyboard('{ArrowDown}{Enter}');
    expect(await screen.findByRole('menuitem', { name: 'Without Carrier UA' })).toBeVisible();
  });
});

describe('saving', () => {
  it('adds a widget to a dashboard, without the range', async () => {
    const { user } = open('?m=count&d=carrier');
    await user.click(await screen.findByRole('button', { name: 'Save as widget' }));
    const dialog = await screen.findByRole('dialog', { name: 'Save as widget' });
    const sent = new Promise<unknown>((resolve) =>
      server.events.on('request:start', ({ request }) => {
        if (request.url.includes('/widgets')) void request.clone().json().then(resolve);
      }),
    );
    await within(dialog).findByText('Flights from New York');
    await user.click(within(dialog).getByRole('button', { name: 'Save' }));
    expect(await screen.findByText('Saved to Flights from New York')).toBeVisible();
    expect(await sent).toMatchObject({
      kind: 'bar',
      title: 'Flights by carrier',
      query: { measures: ['flights.count'], dimensions: ['flights.carrier'] },
    });
    expect(JSON.stringify(await sent)).not.toContain('dateRange');
  });

  it('is not offered to viewers', async () => {
    open('?m=count', { ...session, user: { ...session.user, role: 'viewer' } });
    await screen.findByRole('button', { name: 'Where does this come from?' });
    expect(screen.queryByRole('button', { name: 'Save as widget' })).toBeNull();
  });
});

describe('when things go wrong', () => {
  it('says what of a link could not be used, and shows the rest', async () => {
    open('?m=cout,count&grain=dayy&limit=0');
    const alert = await screen.findByRole('alert');
    expect(alert).toHaveTextContent('There is no measure “cout” in Flights; did you mean “count”?');
    expect(alert).toHaveTextContent('“dayy” is not a grain');
    expect(await screen.findByTestId('widget-value')).toBeVisible();
  });

  it('offers the models where that of a link is not there', async () => {
    const { user } = open('?model=gone&m=count');
    expect(await screen.findByRole('alert')).toHaveTextContent('There is no model “gone” here.');
    await user.click(await screen.findByRole('button', { name: 'Flights' }));
    expect(address()).toBe('/explore?model=flights');
  });

  it('shows a refusal at the filter that it names', async () => {
    server.use(
      http.post('*/api/v1/queries', () =>
        HttpResponse.json(
          {
            ...problem(400, 'invalid', 'The request is not valid'),
            errors: [{ field: 'filters[0]', detail: 'value "x" is not of type integer' }],
          },
          { status: 400 },
        ),
      ),
    );
    open('?m=count&f=month:gt:x');
    const filters = await screen.findByRole('group', { name: 'Filters' });
    expect(await within(filters).findByRole('alert')).toHaveTextContent('is not of type integer');
    expect(screen.getByText('This cannot be asked yet')).toBeVisible();
  });

  it('takes a question back, and asks it again', async () => {
    let slow = true;
    server.use(
      http.post('*/api/v1/queries', async () => {
        if (slow) await delay('infinite');
        return undefined;
      }),
    );
    const { user } = open('?m=count&limit=77');
    await user.click(await screen.findByRole('button', { name: 'Cancel' }));
    expect(await screen.findByText('The question was taken back')).toBeVisible();
    slow = false;
    await user.click(screen.getByRole('button', { name: 'Ask it' }));
    expect(await screen.findByTestId('widget-value')).toBeVisible();
  }, 30_000);

  it('says which filter leaves nothing, and clears it', async () => {
    const { user } = open('?m=count&d=carrier&f=carrier:equals:QQ');
    expect(await screen.findByText(/Nothing matches Carrier is QQ/)).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Clear filters' }));
    expect(await grid('Flights by carrier')).toBeVisible();
  });
});
