// Rows of a dataset: how many of how many, and never those of another version.
import { screen } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { useSearchParams } from 'react-router';
import { beforeAll, describe, expect, it } from 'vitest';
import { flightsDetail, previewResult, rejects } from '@/testing/fixtures';
import { renderApp } from '@/testing/render-app';
import { server } from '@/testing/server';
import { PreviewTab } from './preview-tab';
import { RejectsTable } from './rejects/rejects-table';
import { previewRows, RowsTable } from './rows-table';

// It loads when it is opened; loaded once for all tests.
beforeAll(async () => {
  await import('./versions/rows-as-of');
}, 60_000);

describe('the line below', () => {
  const line = (rows: number, total: number | null, counted: number | null) => {
    const result = previewResult(rows);
    result.provenance.total_rows = counted;
    renderApp(
      <RowsTable
        name="flights"
        label="Rows"
        result={result}
        total={total}
        problem={null}
        onRetry={() => undefined}
        whenEmpty=""
      />,
    );
    return screen.getByText(/ rows?( \u00b7 |$)/, { selector: 'p' }).textContent;
  };

  it.each([
    [previewRows, 336_776, null, 'First 200 rows of 336,776 rows'],
    // The statement ended at 200, so it counted no further.
    [previewRows, null, previewRows, 'First 200 rows'],
    [previewRows, null, null, 'First 200 rows'],
    [previewRows, previewRows, null, '200 rows'],
    [20, null, 20, '20 rows'],
    [20, null, null, '20 rows'],
  ])('%i rows of %s, counted %s: %s', (rows, total, counted, text) => {
    expect(line(rows, total, counted)?.split(' \u00b7 ')[0]).toBe(text);
  });
});

it('tells that rejected rows after a load are the first of them', () => {
  renderApp(<RejectsTable items={rejects.items} total={120} label="Rejected" />);
  expect(screen.getByText('First 2 rows of 120 rows')).toBeInTheDocument();
});

function Switch() {
  const [, setParams] = useSearchParams();
  return <button onClick={() => setParams({ asOf: '3' })}>Version 3</button>;
}

describe('rows of a version', () => {
  it('are never those of the version before', async () => {
    let answer = (): void => undefined;
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    server.use(
      http.post('*/api/v1/sql', async ({ request }) => {
        const { asOf } = (await request.json()) as { asOf: number };
        if (asOf === 3) await answered;
        return HttpResponse.json(previewResult(asOf === 3 ? 7 : 5));
      }),
    );
    const { user } = renderApp(
      <>
        <Switch />
        <PreviewTab dataset={flightsDetail} />
      </>,
      { path: '/?asOf=2' },
    );
    expect(
      await screen.findByRole('grid', { name: 'Rows of flights as of version 2' }),
    ).toHaveAttribute('aria-rowcount', '6');
    await user.click(screen.getByRole('button', { name: 'Version 3' }));
    expect(screen.queryByRole('grid')).not.toBeInTheDocument();
    expect(screen.getByTestId('as-of-banner')).toHaveTextContent('As of version 3');
    answer();
    expect(
      await screen.findByRole('grid', { name: 'Rows of flights as of version 3' }),
    ).toHaveAttribute('aria-rowcount', '8');
  });
});
