// The page of a dataset: its versions, its loads, its rejected rows, and how long things are kept.
import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { Route, Routes, useLocation } from 'react-router';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { DatasetSettings, FixedRow, Role } from '@/api/types';
import { saveFile } from '@/lib/save-file';
import { reportOf } from '@/testing/contract-handlers';
import { flightsLoadId, session } from '@/testing/fixtures';
import { refuse } from '@/testing/handlers';
import { mockState } from '@/testing/mock-state';
import { renderApp } from '@/testing/render-app';
import { server } from '@/testing/server';
import { upkeepReport, version, versionPage } from '@/testing/version-fixtures';
import { DatasetView } from './dataset-view';
import { columnFormats } from './use-column-formats';
import { flightsModel } from '@/testing/fake-engine';

vi.mock('@/lib/save-file', () => ({ saveFile: vi.fn() }));

// The parts that load when they are opened, loaded once for all tests.
beforeAll(async () => {
  await Promise.all([
    import('./loads/loads-tab'),
    import('./rejects/rejects-tab'),
    import('./versions/versions-tab'),
    import('./keeping/keeping-tab'),
  ]);
}, 60_000);

function Address() {
  const { pathname, search } = useLocation();
  return <output data-testid="address">{decodeURIComponent(pathname + search)}</output>;
}

function open(search: string, role: Role = 'owner') {
  return renderApp(
    <>
      <Routes>
        <Route path="/datasets/:name" element={<DatasetView name="flights" />} />
        <Route path="*" element={null} />
      </Routes>
      <Address />
    </>,
    {
      path: `/datasets/flights${search}`,
      session: { ...session, user: { ...session.user, role } },
    },
  );
}

const address = () => screen.getByTestId('address').textContent;

it('leads to Explore with its model', async () => {
  open('');
  const link = await screen.findByRole('link', { name: 'Explore' });
  expect(link).toHaveAttribute('href', '/explore?model=flights');
});

describe('what else there is to do', () => {
  const menu = async (user: ReturnType<typeof open>['user']): Promise<(string | null)[]> => {
    await user.click(await screen.findByRole('button', { name: 'More actions' }));
    const list = await screen.findByRole('menu');
    return within(list)
      .getAllByRole('menuitem')
      .map((item) => item.textContent);
  };

  it('is adding rows, and in a menu what deletes, by role', async () => {
    const { user, unmount } = open('');
    expect(await screen.findByRole('link', { name: 'Add rows' })).toHaveAttribute(
      'href',
      '/datasets/upload?to=flights',
    );
    expect(await menu(user)).toEqual(['Delete rows\u2026', 'Delete dataset\u2026']);
    unmount();
    const editor = open('', 'editor');
    expect(await menu(editor.user)).toEqual(['Delete rows\u2026']);
    editor.unmount();
    open('', 'viewer');
    expect(await screen.findByRole('link', { name: 'Model' })).toBeVisible();
    expect(screen.queryByRole('link', { name: 'Add rows' })).toBeNull();
    expect(screen.queryByRole('button', { name: 'More actions' })).toBeNull();
  });

  it('is in the menu on phones', async () => {
    const { matchMedia } = window;
    vi.spyOn(window, 'matchMedia').mockImplementation((media) => ({
      ...matchMedia(media),
      matches: media.includes('max-width: 599px'),
    }));
    const { user } = open('');
    expect(await menu(user)).toEqual([
      'Edit model',
      'Add rows',
      'Delete rows\u2026',
      'Delete dataset\u2026',
    ]);
  });

  it('asks before a dataset is deleted, and leads to the others', async () => {
    server.use(
      http.get('*/api/v1/dashboards', () =>
        HttpResponse.json({
          items: ['Punctuality', 'Weather'].map((title) => ({
            id: title,
            title,
            models: [title === 'Weather' ? 'weather' : 'flights'],
          })),
        }),
      ),
    );
    const { user } = open('');
    await menu(user);
    await user.click(screen.getByRole('menuitem', { name: 'Delete dataset\u2026' }));
    const question = await screen.findByRole('dialog', { name: 'Delete Flights?' });
    expect(
      await within(question).findByText(/^1 dashboard stops showing its numbers/),
    ).toHaveTextContent('Punctuality');
    expect(question).not.toHaveTextContent('Weather');
    // The list does not tell of these.
    expect(question).toHaveTextContent('So do those over views of it');
    await user.click(within(question).getByRole('button', { name: 'Delete dataset' }));
    await waitFor(() => expect(address()).toBe('/datasets'));
  });
});

describe('versions', () => {
  it('say what made them, and which are not kept any more', async () => {
    open('?tab=versions');
    const list = await screen.findByRole('list', { name: 'Versions' });
    const items = within(list).getAllByRole('listitem');
    expect(items).toHaveLength(5);
    expect(items[0]).toHaveTextContent('Deletion');
    expect(items[0]).toHaveTextContent('\u22121');
    expect(items[2]).toHaveTextContent('Pushed rows');
    expect(items[4]).toHaveTextContent('flights.csv.gz \u00b7 2 rejected');
    expect(items[4]).toHaveTextContent('+336,774');
    expect(items[4]).toHaveTextContent('Not kept any more');
    expect(within(items[4]!).queryByRole('button')).not.toBeInTheDocument();
    // The latest has nothing to be compared with.
    expect(within(items[0]!).queryByRole('button', { name: /Compare/ })).not.toBeInTheDocument();
  });

  it('are compared in the address', async () => {
    const { user } = open('?tab=versions');
    await user.click(
      await screen.findByRole('button', { name: 'Compare version 1 with the latest' }),
    );
    expect(address()).toBe('/datasets/flights?tab=versions&from=1&to=4');
    const facts = await screen.findByTestId('difference');
    expect(facts).toHaveTextContent(
      'Rows added+3Rows removed-1Difference+2'.replace('-', '\u2212'),
    );
    expect(
      screen.getByText('Between them: 1 commit of loads, 1 compaction, 1 deletion.'),
    ).toBeInTheDocument();
    await user.click(screen.getByRole('combobox', { name: /^From version/ }));
    await user.click(await screen.findByRole('option', { name: /^3: Compaction/ }));
    await waitFor(() => expect(facts).not.toBeInTheDocument());
    expect(await screen.findByTestId('difference')).toHaveTextContent('Rows added0');
    await user.click(screen.getByRole('button', { name: 'Close' }));
    expect(address()).toBe('/datasets/flights?tab=versions');
  });

  it('lead to their rows and to dashboards of that time', async () => {
    server.use(
      http.get('*/api/v1/dashboards', () =>
        HttpResponse.json({
          items: [
            { id: 'd1', title: 'Departures', models: ['flights'] },
            { id: 'd2', title: 'Rain', models: ['weather'] },
          ],
        }),
      ),
    );
    const { user } = open('?tab=versions');
    await user.click(await screen.findByRole('button', { name: 'Open version 2' }));
    const dialog = await screen.findByRole('dialog', { name: 'Look at version 2' });
    const dashboard = await within(dialog).findByRole('link', {
      name: /^Dashboard\s*Departures$/,
    });
    expect(decodeURIComponent(dashboard.getAttribute('href') ?? '')).toBe(
      '/dashboards/d1?asOf=2026-11-22T18:02:00.000Z',
    );
    expect(within(dialog).queryByRole('link', { name: /Rain/ })).not.toBeInTheDocument();
    const explore = within(dialog).getByRole('link', { name: 'Explore it' });
    expect(decodeURIComponent(explore.getAttribute('href') ?? '')).toBe(
      '/explore?model=flights&asOf=2026-11-22T18:02:00.000Z',
    );
    await user.click(within(dialog).getByRole('link', { name: 'Its rows' }));
    expect(await screen.findByTestId('as-of-banner')).toHaveTextContent('As of version 2');
    expect(
      await screen.findByRole('grid', { name: 'Rows of flights as of version 2' }),
    ).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Back to the latest rows' }));
    expect(address()).toBe('/datasets/flights?tab=preview');
    expect(await screen.findByRole('grid', { name: 'Latest rows of flights' })).toBeInTheDocument();
  });

  it('come page by page', async () => {
    server.use(
      http.get('*/api/v1/datasets/:name/versions', ({ request }) => {
        const before = new URL(request.url).searchParams.get('before');
        return HttpResponse.json(
          before === null
            ? { ...versionPage, items: [version(4)], next: 4 }
            : { ...versionPage, items: [version(3)], next: null },
        );
      }),
    );
    const { user } = open('?tab=versions');
    await user.click(await screen.findByRole('button', { name: 'Show older' }));
    expect(await screen.findByText('2 versions, all that the log knows')).toBeInTheDocument();
  });

  it('that cannot be read say why', async () => {
    server.use(
      http.get('*/api/v1/datasets/:name/versions', () =>
        refuse(500, 'corrupt', 'Stored data is damaged', 'log entry 3 cannot be read'),
      ),
    );
    open('?tab=versions');
    expect(await screen.findByText('log entry 3 cannot be read')).toBeInTheDocument();
    expect(screen.getByRole('button', { name: 'Try again' })).toBeInTheDocument();
  });
});

describe('loads', () => {
  it('tell what they took, left and widened', async () => {
    const { user } = open('?tab=loads');
    const list = await screen.findByRole('list', { name: 'Loads' });
    const file = within(list)
      .getAllByRole('listitem')
      .find((item) => item.textContent?.includes('flights.csv.gz'))!;
    expect(file).toHaveTextContent('336,774');
    expect(file).toHaveTextContent('9.41');
    await user.click(
      within(file).getByRole('button', { name: 'Details of flights.csv.gz, version 0' }),
    );
    expect(file).toHaveTextContent('dep_delay: whole number to decimal, from line 2,201');
    expect(file).toHaveTextContent('Keynone');
    expect(
      within(file).getByRole('group', { name: 'Details of flights.csv.gz, version 0' }),
    ).toBeInTheDocument();
    await user.click(
      within(file).getAllByRole('link', {
        name: '2 rejected rows of flights.csv.gz, version 0',
      })[0]!,
    );
    expect(address()).toBe(`/datasets/flights?tab=rejected&load=${flightsLoadId}`);
  });

  it('that are none say so', async () => {
    server.use(
      http.get('*/api/v1/datasets/:name/versions', () =>
        HttpResponse.json({ ...versionPage, items: [version(0, { operation: 'other' })] }),
      ),
    );
    open('?tab=loads');
    expect(await screen.findByText('No loads yet')).toBeInTheDocument();
  });
});

describe('rejected rows', () => {
  // The fixture's rows are of another file than its columns, as those of an older load may be.
  const raw = '2013-01-01T10:00:00Z,UA,1545,EWR,IAH,late,11,1400';
  const row = {
    load_id: flightsLoadId,
    column: 'dep_delay',
    value: 'late',
    reason: 'not a number',
  };
  const items = [
    { ...row, number: 0, line: 812, raw, replayed_by: null, obstacle: null },
    {
      ...row,
      number: 1,
      line: 4_031,
      raw: raw.replace('UA', 'B6'),
      replayed_by: null,
      obstacle: null,
    },
    {
      ...row,
      number: 2,
      line: 4_032,
      raw: '2013-01-01T10:00:00Z,UA,late',
      replayed_by: null,
      obstacle: null,
    },
  ];
  const withRows = () =>
    server.use(
      http.get('*/api/v1/datasets/:name/rejects', () =>
        HttpResponse.json({ total: items.length, items, headers: {} }),
      ),
    );

  it('are corrected and loaded once, those alike with them', async () => {
    withRows();
    const sent: { rows: FixedRow[] }[] = [];
    server.use(
      http.post('*/api/v1/datasets/:name/loads/:id/rejects/replay', async ({ request, params }) => {
        expect(params.id).toBe(flightsLoadId);
        sent.push((await request.clone().json()) as { rows: FixedRow[] });
        return undefined;
      }),
    );
    const { user } = open('?tab=rejected');
    await user.click(await screen.findByRole('button', { name: 'Correct line 812' }));
    const dialog = await screen.findByRole('dialog', { name: 'Correct line 812' });
    expect(dialog).toHaveTextContent('dep_delay is \u201clate\u201d: not a number');
    const field = within(dialog).getByLabelText('dep_delay');
    expect(field).toHaveValue('late');
    expect(within(dialog).getByLabelText('carrier')).toHaveValue('UA');
    expect(within(dialog).getByRole('button', { name: 'Load this row' })).toBeDisabled();
    await user.clear(field);
    await user.type(field, '12.5');
    await user.click(
      within(dialog).getByRole('checkbox', {
        name: 'The same dep_delay for 2 other rows with \u201clate\u201d',
      }),
    );
    // One of them cannot be split without doubt.
    expect(dialog).toHaveTextContent('1 of them needs a look of their own and is left out');
    await user.click(within(dialog).getByRole('button', { name: 'Load 2 rows' }));
    expect(await screen.findByText('2 rows were loaded')).toBeInTheDocument();
    // Together, and by their numbers.
    expect(sent).toHaveLength(1);
    expect(sent[0]?.rows.map(({ number }) => number)).toEqual([0, 1]);
    expect(sent[0]?.rows[1]?.row).toMatchObject({ carrier: 'B6', dep_delay: 12.5, flight: 1545 });
    expect(mockState.replays.size).toBe(2);
  });

  it('that were brought before are not brought again', async () => {
    withRows();
    mockState.replays.set(`${flightsLoadId} 0`, reportOf());
    const { user } = open('?tab=rejected');
    await user.click(await screen.findByRole('button', { name: 'Correct line 812' }));
    const dialog = await screen.findByRole('dialog', { name: 'Correct line 812' });
    await user.clear(within(dialog).getByLabelText('dep_delay'));
    await user.click(within(dialog).getByRole('button', { name: 'Load this row' }));
    expect(await screen.findByText('1 row was loaded before')).toBeInTheDocument();
  });

  it('are taken along as a file, and only looked at by a viewer', async () => {
    withRows();
    const { user } = open('?tab=rejected', 'viewer');
    await user.click(await screen.findByRole('button', { name: 'Download CSV' }));
    await waitFor(() => expect(saveFile).toHaveBeenCalledOnce());
    const [content, name] = vi.mocked(saveFile).mock.calls[0]!;
    expect(name).toBe('flights-rejects.csv');
    expect(content.size).toBeGreaterThan(0);
    await user.click(screen.getByRole('button', { name: 'Download NDJSON' }));
    await waitFor(() => expect(saveFile).toHaveBeenCalledTimes(2));
    expect(vi.mocked(saveFile).mock.calls[1]![1]).toBe('flights-rejects.ndjson');
    expect(screen.queryByRole('button', { name: /^Correct/ })).not.toBeInTheDocument();
  });

  it('are chosen by load', async () => {
    const { user } = open('?tab=rejected');
    await user.click(await screen.findByRole('combobox', { name: /^Rejected by/ }));
    await user.click(await screen.findByRole('option', { name: /^flights\.csv\.gz/ }));
    expect(address()).toBe(`/datasets/flights?tab=rejected&load=${flightsLoadId}`);
    expect(await screen.findByText(/dep_delay is \u201clate\u201d/)).toBeInTheDocument();
  });
});

describe('retention', () => {
  it('is asked about with numbers before rows go', async () => {
    const saved: DatasetSettings[] = [];
    server.use(
      http.put('*/api/v1/datasets/:name/settings', async ({ request }) => {
        saved.push((await request.clone().json()) as DatasetSettings);
        return undefined;
      }),
    );
    const { user } = open('?tab=retention');
    await user.click(await screen.findByRole('radio', { name: 'Keep rows for a number of days' }));
    expect(screen.getByRole('button', { name: 'Save' })).toBeDisabled();
    await user.type(screen.getByLabelText('Keep rows for'), '30');
    await user.click(screen.getByRole('button', { name: 'Save' }));
    const question = await screen.findByRole('dialog', { name: 'Delete old rows?' });
    expect(await within(question).findByText(/^120,835 of 336,776 rows/)).toBeInTheDocument();
    expect(saved).toEqual([]);
    await user.click(within(question).getByRole('button', { name: 'Save and delete' }));
    expect(await screen.findByText('Saved')).toBeInTheDocument();
    expect(saved).toEqual([{ keep_days: 30, versions_kept_days: null, keys_kept_days: null }]);
    // Keeping more takes nothing away, so nobody is asked.
    await user.click(await screen.findByRole('radio', { name: 'Keep all rows' }));
    await user.click(screen.getByRole('button', { name: 'Save' }));
    await waitFor(() => expect(saved).toHaveLength(2));
    expect(screen.queryByRole('dialog')).not.toBeInTheDocument();
  });

  it('shows a refusal where it was asked for', async () => {
    server.use(
      http.put('*/api/v1/datasets/:name/settings', () =>
        refuse(400, 'invalid', 'Not valid', 'versions_kept_days must lie between 0 and 3650'),
      ),
    );
    const { user } = open('?tab=retention');
    await user.click(
      await screen.findByRole('radio', { name: 'Keep versions for a number of days' }),
    );
    await user.type(screen.getByLabelText('Keep versions for'), '2');
    await user.click(screen.getByRole('button', { name: 'Save' }));
    await user.click(
      within(await screen.findByRole('dialog')).getByRole('button', { name: 'Save' }),
    );
    expect(await screen.findByRole('alert')).toHaveTextContent('must lie between 0 and 3650');
  });

  it('is only read by who is no admin, without the report', async () => {
    open('?tab=retention', 'editor');
    expect(await screen.findByText('An admin can change this.')).toBeInTheDocument();
    expect(screen.getByRole('radio', { name: 'Keep all rows' })).toBeDisabled();
    expect(screen.queryByRole('button', { name: 'Save' })).not.toBeInTheDocument();
    expect(screen.queryByRole('heading', { name: 'Upkeep' })).not.toBeInTheDocument();
  });

  it('tells what upkeep did to this dataset', async () => {
    open('?tab=retention');
    const list = await screen.findByRole('list', { name: 'What upkeep did' });
    expect(within(list).getAllByRole('listitem')).toHaveLength(1);
    expect(list).toHaveTextContent('Merging small segments3 segments less, 336,776 rows');
  });

  it('tells when upkeep is off', async () => {
    server.use(
      http.get('*/api/v1/upkeep', () =>
        HttpResponse.json({ ...upkeepReport, enabled: false, records: [] }),
      ),
    );
    open('?tab=retention');
    expect(await screen.findByText('Upkeep is switched off')).toBeInTheDocument();
  });
});

describe('columns', () => {
  it('are written as the model says', () => {
    const model = {
      ...flightsModel,
      dimensions: [
        { name: 'year', label: 'Year', type: 'integer' as const, column: 'year', format: 'd' },
        { name: 'decade', label: 'Decade', type: 'integer' as const, expression: 'year / 10' },
      ],
    };
    expect([...columnFormats([model], 'flights')]).toEqual([['year', 'd']]);
    expect(columnFormats([model], 'weather').size).toBe(0);
  });

  it('show a year without separators', async () => {
    server.use(
      http.get('*/api/v1/models', () =>
        HttpResponse.json({
          items: [
            {
              ...flightsModel,
              dimensions: [
                { name: 'flight', label: 'Flight', type: 'integer', column: 'flight', format: 'd' },
              ],
            },
          ],
        }),
      ),
    );
    open('?tab=columns');
    expect(await screen.findByRole('cell', { name: '8500' })).toBeInTheDocument();
    // A distance is no name.
    expect(screen.getByRole('cell', { name: '4,983' })).toBeInTheDocument();
  });
});
