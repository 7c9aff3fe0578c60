// Columns of a table: the result as it is, with the widget's own number format where it has one.
import type { QueryResult, Widget } from '@/api/types';
import type { DataColumn } from '@/components/data-table';
import { runningBuckets } from '@/lib/running-period';

export function toSeries(widget: Widget, result: QueryResult): DataColumn[] {
  const format = widget.options?.format;
  return result.columns.map((column) => ({
    name: column.name,
    label: column.label,
    type: column.type,
    grain: column.grain ?? null,
    calendar: result.provenance.calendar ?? widget.query.calendar,
    running: runningBuckets(result, column),
    format: format && column.role === 'measure' ? format : (column.format ?? null),
  }));
}
