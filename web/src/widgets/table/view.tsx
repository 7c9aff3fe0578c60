// A table; a row opened by click or Enter filters by its first dimension.
import { useMemo } from 'react';
import { DataTable } from '@/components/data-table';
import { withOthers } from '@/lib/others';
import { readColumns } from '../result-columns';
import type { WidgetViewProps } from '../widget-kind';
import { toSeries } from './to-series';

export default function TableView({ widget, result, zone, onFilter }: WidgetViewProps) {
  const columns = useMemo(() => toSeries(widget, result), [widget, result]);
  const shown = useMemo(() => withOthers(result), [result]);
  const first = useMemo(() => readColumns(result).dimensions[0], [result]);
  return (
    <DataTable
      label={widget.title}
      columns={columns}
      data={shown.data}
      rowCount={shown.rowCount}
      others={shown.column < 0 ? null : shown}
      zone={zone}
      height="fill"
      density="compact"
      {...(onFilter && first
        ? { onRowActivate: (row: number) => onFilter(first.column.name, first.values[row] ?? null) }
        : {})}
    />
  );
}
