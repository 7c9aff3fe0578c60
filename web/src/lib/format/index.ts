// The one place that turns values into text. Axis, label, tooltip, table and export go through here.
import type { Calendar, Cell, ColumnType, Grain } from '@/api/types';
import { formatNumber, missingText } from './number';
import type { NumberStyle } from './number';
import { formatDate, formatInstant } from './time';

export { setFormatCalendar } from './calendar';
export { localeTag, setFormatLocale } from './locale';
export { formatCount, formatDelta, formatNumber, missingText, noRowsText } from './number';
export { columnDecimals, formatExact, formatTicks } from './precision';
export type { Delta, NumberStyle } from './number';
export {
  formatAge,
  formatDate,
  formatElapsed,
  formatInstant,
  formatInstantLong,
  formatRange,
  isZone,
  localZone,
} from './time';

export interface CellFormat {
  type: ColumnType;
  format?: string | null;
  grain?: Grain | null;
  zone?: string;
  // Of the question; without it that of the organisation.
  calendar?: Calendar | null | undefined;
  style?: NumberStyle;
  // See `columnDecimals`.
  decimals?: number | null;
}

// One value of a result column, by its type.
export function formatCell(value: Cell | undefined, column: CellFormat): string {
  if (value === null || value === undefined) return missingText;
  switch (column.type) {
    case 'integer':
    case 'float':
      if (typeof value !== 'number') return String(value);
      return formatNumber(
        value,
        column.format ?? (column.type === 'integer' ? 'integer' : 'number'),
        column.style,
        column.decimals,
      );
    case 'timestamp':
      return formatInstant(
        String(value),
        column.zone ?? 'UTC',
        column.grain ?? 'second',
        column.calendar,
      );
    case 'date':
      return column.grain
        ? formatInstant(String(value), 'UTC', column.grain, column.calendar)
        : formatDate(String(value));
    case 'boolean':
      return value ? 'Yes' : 'No';
    default:
      // Structs and lists, as their JSON.
      return typeof value === 'object' ? JSON.stringify(value) : String(value);
  }
}
