// The answer as a table: heads order it anew, cells open what is behind them, totals stay in view.
import { useMemo } from 'react';
import type { Sort } from '@/components/data-table-model';
import { DataTable } from '@/components/data-table';
import type { ExploreState } from '../state/explore-state';
import type { TableModel } from './table-model';

export interface ResultTableProps {
  title: string;
  table: TableModel;
  state: ExploreState;
  zone: string;
  onOrder: (name: string) => void;
  onCell: (row: number, column: number, cell: HTMLElement) => void;
}

export function ResultTable({ title, table, state, zone, onOrder, onCell }: ResultTableProps) {
  const [by] = state.order;
  const sort = useMemo((): Sort | null => {
    if (by === undefined) return null;
    const column = table.columns.findIndex(({ orderBy }) => orderBy === by[0]);
    return column < 0 ? null : { column, direction: by[1] };
  }, [by, table.columns]);
  return (
    <DataTable
      label={title}
      columns={table.columns}
      data={table.data}
      rowCount={table.rowCount}
      others={table.others}
      zone={zone}
      height={420}
      density="compact"
      ordering={{
        sort,
        canOrder: (column) => table.columns[column]?.orderBy != null,
        onOrder: (column) => {
          const name = table.columns[column]?.orderBy;
          if (name != null) onOrder(name);
        },
      }}
      onCellActivate={(row, column, cell) => {
        if (table.columns[column]?.opens) onCell(row, column, cell);
      }}
      {...(table.footer ? { footer: { label: 'Total', values: table.footer } } : {})}
    />
  );
}
