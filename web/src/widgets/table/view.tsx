// A table; a row opened by click or Enter filters by its first dimension.
import { useMemo } from 'react';
import { DataTable } from '@/components/data-table';
import { readColumns } from '../result-columns';
import type { WidgetViewProps } from '../widget-kind';
import { toSeries } from './to-series';

export default function TableView({ widget, result, zone, onFilter }: WidgetViewProps) {
  const columns = useMemo(() => toSeries(widget, result), [widget, result]);
  const first = useMemo(() => readColumns(result).dimensions[0], [result]);
  return (
    <DataTable
      label={widget.title}
      columns={columns}
      data={result.data}
      rowCount={result.row_count}
      zone={zone}
      height="fill"
      density="compact"
      {...(onFilter && first
        ? { onRowActivate: (row: number) => onFilter(first.column.name, first.values[row] ?? null) }
        : {})}
    />
  );
}
