// The data table: grid roles, virtual rows, sorting and moving by keyboard, missing values.
import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import type { Cell } from '@/api/types';
import { renderApp } from '@/testing/render-app';
import { DataTable } from './data-table';
import type { DataColumn, DataTableProps } from './data-table';
import { columnWidths, orderRows, toColumnar } from './data-table-model';

const columns: DataColumn[] = [
  { name: 'carrier', label: 'Carrier', type: 'string' },
  { name: 'delay', label: 'Delay', type: 'float', format: 'duration_minutes' },
];

function table(rows: number, more: Partial<DataTableProps> = {}) {
  const data: Cell[][] = [
    Array.from({ length: rows }, (_, row) => `C${row}`),
    Array.from({ length: rows }, (_, row) => (row === 1 ? null : row * 10)),
  ];
  return renderApp(
    <DataTable label="Delays" columns={columns} data={data} rowCount={rows} {...more} />,
  );
}

const firstCells = () =>
  screen
    .getAllByRole('row')
    .slice(1, 4)
    .map((row) => within(row).getAllByRole('gridcell')[0]?.textContent);

describe('data table', () => {
  it('says how large it is and draws only what is seen', () => {
    table(100_000);
    const grid = screen.getByRole('grid', { name: 'Delays' });
    expect(grid).toHaveAttribute('aria-rowcount', '100001');
    expect(grid).toHaveAttribute('aria-colcount', '2');
    expect(screen.getAllByRole('row').length).toBeLessThan(60);
  });

  it('formats by column and shows a missing value as such', () => {
    table(3);
    expect(screen.getByText('20 min')).toBeInTheDocument();
    expect(screen.getByTitle('No value')).toHaveTextContent('—');
    expect(screen.getByText('0 min')).toBeInTheDocument();
  });

  it('sorts by the header: numbers descending first, then ascending, then as they came', async () => {
    const { user } = table(4);
    const header = screen.getByRole('columnheader', { name: 'Delay' });
    await user.click(header);
    expect(header).toHaveAttribute('aria-sort', 'descending');
    expect(firstCells()).toEqual(['C3', 'C2', 'C0']);
    await user.click(header);
    expect(firstCells()).toEqual(['C0', 'C2', 'C3']);
    await user.click(header);
    expect(header).not.toHaveAttribute('aria-sort');
    expect(firstCells()).toEqual(['C0', 'C1', 'C2']);
  });

  it('says whether a cell was copied', async () => {
    const { user } = table(2);
    screen.getByRole('grid').focus();
    const heard = (words: string) =>
      waitFor(() => expect(screen.getByRole('status')).toHaveTextContent(words));
    await user.keyboard('{ArrowDown}{Control>}c{/Control}');
    await heard('Copied');
    expect(await navigator.clipboard.readText()).toBe('C0');
    vi.spyOn(navigator.clipboard, 'writeText').mockRejectedValue(new Error('refused'));
    await user.keyboard('{Control>}c{/Control}');
    await heard('This page cannot copy');
  });

  it('moves and sorts by keyboard', async () => {
    const { user } = table(4);
    const grid = screen.getByRole('grid');
    await user.tab();
    expect(grid).toHaveFocus();
    const active = () => document.getElementById(grid.getAttribute('aria-activedescendant') ?? '');
    expect(active()).toHaveTextContent('Carrier');
    await user.keyboard('{ArrowRight}{Enter}');
    expect(screen.getByRole('columnheader', { name: 'Delay' })).toHaveAttribute(
      'aria-sort',
      'descending',
    );
    await user.keyboard('{ArrowDown}{Home}');
    expect(active()).toHaveTextContent('C3');
    await user.keyboard('{Control>}{End}{/Control}');
    expect(active()).toHaveTextContent('—');
    await user.keyboard('{ArrowDown}{ArrowRight}');
    expect(active()).toHaveTextContent('—');
  });

  it('hands over the row of the data, not of the screen', async () => {
    const onRowActivate = vi.fn();
    const { user } = table(4, { onRowActivate, initialSort: { column: 1, direction: 'desc' } });
    await user.tab();
    await user.keyboard('{ArrowDown}{Enter}');
    expect(onRowActivate).toHaveBeenCalledWith(3);
  });

  it('says when there are no rows', () => {
    table(0, { emptyText: 'No rows in this range' });
    expect(screen.getByText('No rows in this range')).toBeInTheDocument();
  });
});

describe('table model', () => {
  it('puts missing values last in both directions', () => {
    const data: Cell[][] = [[], [5, null, 1]];
    expect([...orderRows(columns, data, 3, { column: 1, direction: 'asc' })]).toEqual([2, 0, 1]);
    expect([...orderRows(columns, data, 3, { column: 1, direction: 'desc' })]).toEqual([0, 2, 1]);
  });

  it('orders text as people do', () => {
    const data: Cell[][] = [['gate 10', 'Gate 9', 'gate 1']];
    expect([...orderRows(columns, data, 3, { column: 0, direction: 'asc' })]).toEqual([2, 1, 0]);
  });

  it('makes room for what is said of a bucket that is still running', () => {
    const [bucket, before] = ['2026-09-02T00:00:00Z', '2026-09-01T00:00:00Z'];
    const day: DataColumn = { name: 'day', label: 'Day', type: 'timestamp', grain: 'day' };
    const data: Cell[][] = [[before, bucket]];
    const [width = 0] = columnWidths([day], data, 2);
    expect(columnWidths([{ ...day, running: new Set([bucket]) }], data, 2)).toEqual([width + 49]);
  });

  it('gives long text a limit', () => {
    const widths = columnWidths(columns, [['x'.repeat(500)], [1]], 1);
    expect(widths[0]).toBeLessThan(320);
    expect(widths[1]).toBeLessThan(100);
  });

  it('turns rows into columns and fills what is short', () => {
    expect(toColumnar([[1, 2], [3]], 2)).toEqual([
      [1, 3],
      [2, null],
    ]);
  });
});
