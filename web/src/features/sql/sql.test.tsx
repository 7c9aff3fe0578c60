// The page as somebody uses it. The editor itself is a text area here: what it does is tried in a browser (e2e/).
import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { useLocation } from 'react-router';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { problem } from '@/testing/fixtures';
import { gate } from '@/testing/gate';
import { renderApp } from '@/testing/render-app';
import { server } from '@/testing/server';
import { explained, sqlHandlers, statements, verifications } from '@/testing/sql-handlers';
import { tripsView } from '@/testing/view-fixtures';
import type { SqlEditorProps } from './editor/sql-editor';
import SqlPage from './sql-page';

vi.mock('./editor/sql-editor', async () => {
  const { useImperativeHandle, useRef } = await import('react');
  return {
    default: function Editor(props: SqlEditorProps) {
      const { value, wrong, onChange, ref } = props;
      const area = useRef<HTMLTextAreaElement>(null);
      useImperativeHandle(ref, () => ({
        focus: () => area.current?.focus(),
        insert: (text) => onChange(value + text),
      }));
      return (
        <textarea
          ref={area}
          aria-label="SQL statement"
          data-wrong={wrong === null ? '' : value.slice(wrong.from, wrong.to)}
          value={value}
          onChange={(event) => onChange(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || !event.ctrlKey) return;
            if (event.shiftKey) props.onExplain();
            else props.onRun();
          }}
        />
      );
    },
  };
});

beforeAll(async () => {
  await import('@/components/provenance/provenance-dialog');
  await import('./result/statement-explanation');
});

beforeEach(() => {
  const { matchMedia } = window;
  vi.spyOn(window, 'matchMedia').mockImplementation((media) => ({
    ...matchMedia(media),
    matches: media.includes('min-width'),
  }));
  sessionStorage.clear();
  statements.length = 0;
  explained.length = 0;
  verifications.length = 0;
  server.use(...sqlHandlers);
});

function Address() {
  return <output data-testid="address">{useLocation().search}</output>;
}

const open = (search = '') =>
  renderApp(
    <>
      <SqlPage />
      <Address />
    </>,
    { path: `/sql${search}` },
  );
const editor = () => screen.findByRole('textbox', { name: 'SQL statement' });
const run = (user: ReturnType<typeof open>['user']) =>
  user.click(screen.getByRole('button', { name: 'Run' }));
const count = 'select carrier, count(*) from flights group by 1';

describe('running a statement', () => {
  it('shows its rows and where they come from, and puts it into the address', async () => {
    const { user } = open();
    await user.type(await editor(), `${count}{Control>}{Enter}{/Control}`);
    const result = await screen.findByRole('grid', { name: 'Result' });
    expect(within(result).getByText('UA')).toBeVisible();
    expect(statements).toEqual([{ sql: count }]);
    expect(new URLSearchParams(screen.getByTestId('address').textContent).get('q')).toBe(count);
    await user.click(screen.getByRole('button', { name: 'Where does this come from?' }));
    const dialog = await screen.findByRole('dialog');
    expect(dialog).toHaveTextContent('flights, version 3');
    expect(dialog).toHaveTextContent('Calendarweeks begin on Monday, years in January');
    expect(dialog).toHaveTextContent(count);
    await user.click(within(dialog).getByRole('button', { name: 'Explain the statement' }));
    expect(await within(dialog).findByText(/9 answers kept/)).toBeVisible();
    expect(explained).toEqual([{ sql: count }]);
  });

  it('shows its rows as a picture, those of the next answer too, and as rows again', async () => {
    const { user } = open();
    await user.type(await editor(), `${count}{Control>}{Enter}{/Control}`);
    await screen.findByRole('grid', { name: 'Result' });
    await user.click(screen.getByRole('button', { name: 'View as chart' }));
    const chart = await screen.findByTestId('sql-chart');
    expect(
      await within(chart).findByRole('group', { name: /^Flights by \d+ carrier/ }),
    ).toBeVisible();
    expect(screen.queryByRole('grid')).toBeNull();
    await user.clear(await editor());
    await user.type(await editor(), 'select * from flights');
    await run(user);
    expect(
      await screen.findByRole('group', { name: /^flight by 5 points in 5 series/ }),
    ).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'View as table' }));
    expect(await screen.findByRole('grid', { name: 'Result' })).toBeVisible();
  });

  it('can begin with a statement over what there is', async () => {
    const { user } = open();
    const written = await editor();
    await user.click(await screen.findByRole('button', { name: 'First rows of Flights' }));
    expect(written).toHaveTextContent(/select \*\s*from flights\s*limit 100/);
    expect(screen.queryByRole('button', { name: 'First rows of Flights' })).toBeNull();
    await run(user);
    await screen.findByRole('grid', { name: 'Result' });
    expect(statements).toEqual([{ sql: 'select *\nfrom flights\nlimit 100' }]);
  });

  it('is computed again from its rows, or says what to write so that it can be', async () => {
    const { user } = open();
    await user.type(await editor(), `${count}{Control>}{Enter}{/Control}`);
    await screen.findByRole('grid', { name: 'Result' });
    await user.click(screen.getByRole('button', { name: 'Where does this come from?' }));
    const dialog = await screen.findByRole('dialog');
    // By which conditions it reads rows, and from where, is told as well.
    expect(await within(dialog).findByText('distance > 1000')).toBeVisible();
    const again = () =>
      user.click(within(dialog).getByRole('button', { name: 'Compute again from rows' }));
    await again();
    expect(await within(dialog).findByText('The same to the last digit')).toBeVisible();
    expect(verifications).toEqual([{ sql: count }]);
    server.use(
      http.post('*/api/v1/sql/verify', () =>
        HttpResponse.json(problem(400, 'invalid', 'The request is not valid', 'order by columns'), {
          status: 400,
        }),
      ),
    );
    await again();
    expect(await within(dialog).findByText('order by columns')).toBeVisible();
    expect(within(dialog).getByText(/Change the statement/)).toBeVisible();
  });

  it('is downloaded as a file that the server writes', async () => {
    const { user } = open();
    await user.type(await editor(), `${count}{Control>}{Enter}{/Control}`);
    await screen.findByRole('grid', { name: 'Result' });
    const files: unknown[] = [];
    server.use(
      http.post('*/api/v1/sql', async ({ request }) => {
        files.push([request.headers.get('accept'), await request.json()]);
        return HttpResponse.text('carrier,n\nUA,1\n');
      }),
    );
    const handed = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockReturnValue();
    URL.createObjectURL = () => 'blob:rows';
    await user.click(screen.getByRole('button', { name: 'Download CSV' }));
    await waitFor(() => expect(handed).toHaveBeenCalledOnce());
    expect(files).toEqual([['text/csv', { sql: count }]]);
    server.use(
      http.post('*/api/v1/sql', () =>
        HttpResponse.json(problem(503, 'unavailable', 'Unavailable', 'The store is away'), {
          status: 503,
        }),
      ),
    );
    await user.click(screen.getByRole('button', { name: 'Download CSV' }));
    expect(await screen.findByText('The store is away')).toBeVisible();
    expect(handed).toHaveBeenCalledOnce();
  });

  it('is told to who does not look, and leaves the focus where it is', async () => {
    const { user } = open(`?q=${encodeURIComponent(count)}`);
    const heard = (words: string | RegExp) =>
      waitFor(() => expect(screen.getAllByRole('status').at(-1)).toHaveTextContent(words));
    await user.type(await editor(), '{Control>}{Enter}{/Control}');
    await heard(/^Answered: \d+ rows?$/);
    await user.clear(await editor());
    await user.type(await editor(), 'select sleep(){Control>}{Enter}{/Control}');
    const cancel = await screen.findByRole('button', { name: 'Cancel' });
    cancel.focus();
    await user.keyboard('{Enter}');
    await heard('Cancelled');
    expect(await editor()).toHaveFocus();
  });

  it('takes it from the address, with state and rows', async () => {
    const { user } = open(`?q=${encodeURIComponent(count)}&asOf=2&limit=100`);
    expect(await editor()).toHaveValue(count);
    await run(user);
    await screen.findByRole('grid', { name: 'Result' });
    expect(statements).toEqual([{ sql: count, asOf: 2, limit: 100 }]);
  });

  it('marks the place of an error, until the statement is changed', async () => {
    const { user } = open('?q=select+carrier,+from+flights');
    await editor();
    await run(user);
    const alert = await screen.findByRole('alert');
    expect(alert).toHaveTextContent('Line 1, column 17');
    expect(alert).toHaveTextContent('Expected an expression, found: from');
    expect(await editor()).toHaveAttribute('data-wrong', 'from');
    await user.type(await editor(), ' ');
    expect(await editor()).toHaveAttribute('data-wrong', '');
  });

  it('says at its field that a state is not there', async () => {
    const { user } = open(`?q=${encodeURIComponent(count)}&asOf=99`);
    await editor();
    await run(user);
    await screen.findByRole('alert');
    expect(screen.getByRole('textbox', { name: 'As of' })).toHaveAccessibleDescription(
      'dataset flights: version 99: there is none yet',
    );
  });

  it('can be cancelled, and run again', async () => {
    const { user } = open('?q=select+sleep()');
    await editor();
    await run(user);
    await user.click(await screen.findByRole('button', { name: 'Cancel' }));
    expect(await screen.findByText('Cancelled')).toBeVisible();
    await user.clear(await editor());
    await user.type(await editor(), count);
    await run(user);
    expect(await screen.findByRole('grid', { name: 'Result' })).toBeVisible();
  });

  it('asks only for the last of two', async () => {
    const { user } = open('?q=select+sleep()');
    await editor();
    await run(user);
    await user.clear(await editor());
    await user.type(await editor(), count);
    await run(user);
    expect(await screen.findByRole('grid', { name: 'Result' })).toBeVisible();
    await waitFor(() => expect(screen.queryByRole('button', { name: 'Cancel' })).toBeNull());
  });

  it('lets the same statement run on when it is run once more', async () => {
    const [opened, letGo] = gate();
    server.use(
      http.post('*/api/v1/sql', async () => {
        await opened;
      }),
    );
    const { user } = open(`?q=${encodeURIComponent(count)}`);
    await editor();
    await run(user);
    await screen.findByRole('button', { name: 'Cancel' });
    await run(user);
    letGo();
    expect(await screen.findByRole('grid', { name: 'Result' })).toBeVisible();
    expect(statements).toHaveLength(1);
    await run(user);
    await waitFor(() => expect(statements).toHaveLength(2));
  });

  it('says of an answer that the statement, the state or the limit is another by now', async () => {
    const { user } = open(`?q=${encodeURIComponent(count)}`);
    await editor();
    await run(user);
    await screen.findByRole('grid', { name: 'Result' });
    const answer = screen.getByRole('region', { name: 'Answer' });
    const words = 'Answers what was run, not what stands above now';
    expect(answer).not.toHaveTextContent(words);
    await user.type(await editor(), ' ');
    expect(answer).toHaveTextContent(words);
    await user.type(await editor(), '{Backspace}');
    expect(answer).not.toHaveTextContent(words);
    await user.type(screen.getByRole('textbox', { name: 'As of' }), '2{Enter}');
    await waitFor(() => expect(answer).toHaveTextContent(words));
    await run(user);
    await waitFor(() => expect(answer).not.toHaveTextContent(words));
  });
});

describe('explaining a statement', () => {
  const explain = (user: ReturnType<typeof open>['user']) =>
    user.click(screen.getByRole('button', { name: 'Explain' }));
  const region = () => screen.findByRole('region', { name: 'Explanation' });
  const close = async (user: ReturnType<typeof open>['user']) =>
    user.click(await within(await region()).findByRole('button', { name: 'Close' }));

  it('says what running it would read, before anything was run', async () => {
    const { user } = open('?asOf=2&limit=100');
    await editor();
    expect(screen.getByRole('button', { name: 'Explain' })).toBeDisabled();
    await user.type(await editor(), `${count}{Control>}{Shift>}{Enter}{/Shift}{/Control}`);
    expect(await region()).toHaveTextContent('9 answers kept');
    expect(await region()).toHaveTextContent('28,279 rows');
    expect(await region()).toHaveTextContent('About12 ms');
    expect(await region()).toHaveTextContent('1,000,000 rows: within');
    expect(await region()).toHaveTextContent('SegmentAggregateExec');
    expect(explained).toEqual([{ sql: count, asOf: 2 }]);
    expect(statements).toEqual([]);
    expect(screen.getByText('No answer yet')).toBeVisible();
  });

  it('leads back to where it was asked for', async () => {
    const { user } = open(`?q=${encodeURIComponent(count)}`);
    await editor();
    await explain(user);
    await close(user);
    expect(screen.getByRole('button', { name: 'Explain' })).toHaveFocus();
    await user.type(await editor(), '{Control>}{Shift>}{Enter}{/Shift}{/Control}');
    await close(user);
    expect(await editor()).toHaveFocus();
  });

  it('is of the statement as it stands, and makes room for an answer', async () => {
    const { user } = open(`?q=${encodeURIComponent(count)}`);
    await editor();
    await explain(user);
    await region();
    await user.type(await editor(), ' ');
    expect(screen.queryByRole('region', { name: 'Explanation' })).toBeNull();
    // What was said is old by now, also of the statement as it was.
    await user.type(await editor(), '{Backspace}');
    expect(await editor()).toHaveValue(count);
    expect(screen.queryByRole('region', { name: 'Explanation' })).toBeNull();
    await explain(user);
    await close(user);
    expect(screen.queryByRole('region', { name: 'Explanation' })).toBeNull();
    await explain(user);
    await region();
    await run(user);
    expect(await screen.findByRole('grid', { name: 'Result' })).toBeVisible();
    expect(screen.queryByRole('region', { name: 'Explanation' })).toBeNull();
  });

  it('tells a problem as running does, at its place', async () => {
    const { user } = open('?q=select+carrier,+from+flights');
    await editor();
    await explain(user);
    const alert = await within(await region()).findByRole('alert');
    expect(alert).toHaveTextContent('Line 1, column 17');
    expect(await editor()).toHaveAttribute('data-wrong', 'from');
    await user.click(within(await region()).getByRole('button', { name: 'Close' }));
    expect(screen.queryByRole('region', { name: 'Explanation' })).toBeNull();
    expect(await editor()).toHaveAttribute('data-wrong', '');
    await user.clear(await editor());
    await user.type(await editor(), count);
    await user.type(screen.getByRole('textbox', { name: 'As of' }), '99{Enter}');
    await explain(user);
    await region();
    expect(screen.getByRole('textbox', { name: 'As of' })).toHaveAccessibleDescription(
      'dataset flights: version 99: there is none yet',
    );
  });

  it('can be cancelled, and is when the statement changes', async () => {
    const { user } = open('?q=select+sleep()');
    await editor();
    await explain(user);
    await user.click(await screen.findByRole('button', { name: 'Cancel' }));
    await waitFor(() => expect(screen.queryByRole('button', { name: 'Cancel' })).toBeNull());
    await explain(user);
    await screen.findByRole('button', { name: 'Cancel' });
    await user.clear(await editor());
    await waitFor(() => expect(screen.queryByRole('button', { name: 'Cancel' })).toBeNull());
    await user.type(await editor(), count);
    await explain(user);
    expect(await region()).toHaveTextContent('9 answers kept');
    expect(explained).toHaveLength(3);
  });
});

describe('beside the statement', () => {
  it('are the datasets and their columns, which write their names', async () => {
    const { user } = open('?q=select+');
    await editor();
    await user.click(await screen.findByRole('button', { name: 'Columns of flights' }));
    const columns = await screen.findByRole('list', { name: 'Columns of flights' });
    await user.click(await within(columns).findByRole('button', { name: /dep_delay/ }));
    expect(await editor()).toHaveValue('select dep_delay');
  });

  it('are the measures and other dimensions of their models, too', async () => {
    const { user } = open('?q=select+');
    await editor();
    await user.click(await screen.findByRole('button', { name: 'Columns of flights' }));
    const measures = await screen.findByRole('list', { name: 'Measures of flights' });
    expect(await screen.findByRole('list', { name: 'Dimensions of flights' })).toHaveTextContent(
      'month',
    );
    await user.click(within(measures).getByRole('button', { name: /share_late/ }));
    expect(await editor()).toHaveValue('select measure(share_late)');
  });

  it('are the views and their members, which nobody asks a dataset for', async () => {
    const asked: string[] = [];
    server.use(
      http.get('*/api/v1/views', () => HttpResponse.json({ items: [tripsView] })),
      http.get('*/api/v1/datasets/:name', ({ params }) => void asked.push(String(params.name))),
    );
    const { user } = open('?q=select+1+from+trips+where+');
    await editor();
    await user.click(await screen.findByRole('button', { name: 'Members of trips' }));
    const measures = screen.getByRole('list', { name: 'Measures of trips' });
    expect(measures).toHaveTextContent('avg_arr_delay');
    expect(screen.getByRole('list', { name: 'Dimensions of trips' })).toHaveTextContent('airline');
    expect(screen.queryByRole('list', { name: 'Columns of trips' })).not.toBeInTheDocument();
    const filters = screen.getByRole('list', { name: 'Named filters of trips' });
    await user.click(within(filters).getByRole('button', { name: /busy/ }));
    expect(await editor()).toHaveValue('select 1 from trips where busy');
    expect(asked).toEqual([]);
  });

  it('are panels that their tabs name and control', async () => {
    const { user } = open();
    await editor();
    for (const name of ['Datasets', 'History']) {
      const tab = screen.getByRole('tab', { name });
      await user.click(tab);
      const panel = screen.getByRole('tabpanel', { name });
      expect(tab).toHaveAttribute('aria-controls', panel.id);
      expect(document.querySelectorAll('[role="tabpanel"]')).toHaveLength(2);
    }
  });

  it('is what was run, in this browser, until it is cleared', async () => {
    const { user, unmount } = open(`?q=${encodeURIComponent(count)}`);
    await editor();
    await run(user);
    await screen.findByRole('grid', { name: 'Result' });
    unmount();
    const again = open();
    await again.user.click(await screen.findByRole('tab', { name: 'History' }));
    const history = screen.getByRole('list', { name: 'History' });
    expect(history).toHaveTextContent('12 rows');
    await again.user.clear(await editor());
    await again.user.click(within(history).getByRole('button'));
    expect(await editor()).toHaveValue(count);
    await again.user.click(screen.getByRole('button', { name: 'Clear history' }));
    expect(screen.getByText(/What you run is listed here/)).toBeVisible();
  });

  it('keeps the text when the page is left and opened again', async () => {
    const { user, unmount } = open();
    await user.type(await editor(), 'select 1');
    unmount();
    open();
    expect(await editor()).toHaveValue('select 1');
  });
});
