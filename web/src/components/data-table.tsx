// A table for results of any length: columnar data, virtual rows, grid roles, sorting and copying by
// keyboard. Rows are never kept as objects; an order of row numbers is all that sorting makes.
import Box from '@mui/material/Box';
import { useVirtualizer } from '@tanstack/react-virtual';
import type { KeyboardEvent } from 'react';
import { useId, useMemo, useRef, useState } from 'react';
import type { Calendar, Cell, ColumnType, Grain } from '@/api/types';
import { copyText } from '@/lib/copy-text';
import { columnDecimals, formatCell, formatCount, formatExact } from '@/lib/format';
import { OTHER_LABEL } from '@/lib/others';
import { SO_FAR } from '@/lib/running-period';
import { Icon } from '@/theme/icons';
import { announce } from './announcer';
import { TotalsRow } from './data-table-totals';
import type { TableFooter } from './data-table-totals';
import { columnWidths, isNumeric, orderRows, textOfCell } from './data-table-model';
import type { Sort } from './data-table-model';

export interface DataColumn {
  name: string;
  label: string;
  type: ColumnType;
  format?: string | null;
  grain?: Grain | null;
  /** Of the question, where it has one. */
  calendar?: Calendar | null | undefined;
  /** It stands for all other values together. */
  other?: boolean;
  /** Of its values those of which more may come: the buckets that are still running. */
  running?: ReadonlySet<Cell> | undefined;
}

export interface DataTableProps {
  // What the table is, for screen readers.
  label: string;
  columns: DataColumn[];
  // data[c][r]: one list per column.
  data: Cell[][];
  rowCount: number;
  zone?: string;
  // Height of the scrolling box; 'fill' takes what the parent gives.
  height?: number | 'fill';
  // Rows are 26, 32 or (on touch) 44 pixels high.
  density?: 'compact' | 'normal';
  sortable?: boolean;
  initialSort?: Sort | null;
  onRowActivate?: (row: number) => void;
  // A cell was clicked or Enter was pressed on it; the element is for what opens beside it.
  onCellActivate?: (row: number, column: number, cell: HTMLElement) => void;
  emptyText?: string;
  // Who orders the rows instead of this table: the engine, which has all of them.
  ordering?: TableOrdering;
  // A last row that stays in view: totals, in the order of the columns; null shows nothing.
  footer?: TableFooter;
  // Rows from this one on stand for all other values of a column together: they stay last and are no value.
  others?: OtherRows | null;
}

export interface OtherRows {
  from: number;
  column: number;
}

export interface TableOrdering {
  sort: Sort | null;
  // Heads that order nothing are no buttons.
  canOrder: (column: number) => boolean;
  onOrder: (column: number) => void;
}

const overscan = 8;

// Where the keyboard is: row -1 is the header.
interface Place {
  row: number;
  column: number;
}

export function DataTable({
  label,
  columns,
  data,
  rowCount,
  zone = 'UTC',
  height = 420,
  density = 'normal',
  sortable = true,
  initialSort = null,
  onRowActivate,
  onCellActivate,
  emptyText = 'No rows',
  ordering,
  footer,
  others = null,
}: DataTableProps) {
  const id = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const [ownSort, setSort] = useState<Sort | null>(initialSort);
  const ordered = ordering !== undefined;
  const sort = ordering ? ordering.sort : ownSort;
  const canOrder = (column: number): boolean => (ordering ? ordering.canOrder(column) : sortable);
  const [place, setPlace] = useState<Place>({ row: -1, column: 0 });
  const [focused, setFocused] = useState(false);
  const touch = typeof matchMedia === 'function' && matchMedia('(pointer: coarse)').matches;
  const rowHeight = touch ? 44 : density === 'compact' ? 26 : 32;

  const order = useMemo(
    () => orderRows(columns, data, rowCount, ordered ? null : ownSort, others?.from),
    [columns, data, rowCount, ordered, ownSort, others?.from],
  );
  const shown = useMemo(
    () =>
      columns.map((column, index) => ({
        ...column,
        zone,
        decimals:
          column.type === 'float' ? columnDecimals(data[index] ?? [], column.format ?? null) : null,
      })),
    [columns, data, zone],
  );
  const widths = useMemo(() => columnWidths(shown, data, rowCount), [shown, data, rowCount]);
  const template = widths.map((width) => `minmax(${width}px, ${width}fr)`).join(' ');
  const minWidth = widths.reduce((sum, width) => sum + width, 0);

  // The virtualizer keeps its own mutable state, which the React Compiler would have to skip.
  // eslint-disable-next-line react-hooks/incompatible-library
  const virtual = useVirtualizer({
    count: rowCount,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan,
    scrollPaddingStart: rowHeight,
    initialRect: { width: 800, height: height === 'fill' ? 400 : height },
  });

  const cellId = (row: number, column: number) => `${id}-${row}-${column}`;

  const toggleSort = (column: number) => {
    if (!canOrder(column)) return;
    if (ordering) {
      ordering.onOrder(column);
      return;
    }
    const next: Sort | null =
      sort?.column !== column
        ? { column, direction: isNumeric(columns[column]?.type) ? 'desc' : 'asc' }
        : sort.direction === (isNumeric(columns[column]?.type) ? 'desc' : 'asc')
          ? { column, direction: sort.direction === 'asc' ? 'desc' : 'asc' }
          : null;
    setSort(next);
    const name = columns[column]?.label ?? '';
    announce(
      next === null
        ? `${name}: original order`
        : `Sorted by ${name}, ${next.direction === 'asc' ? 'ascending' : 'descending'}`,
    );
  };

  const goTo = (row: number, column: number) => {
    const next = {
      row: Math.min(Math.max(row, -1), rowCount - 1),
      column: Math.min(Math.max(column, 0), columns.length - 1),
    };
    setPlace(next);
    if (next.row >= 0) virtual.scrollToIndex(next.row);
    const before = widths.slice(0, next.column).reduce((sum, width) => sum + width, 0);
    const box = scroller.current;
    if (box === null) return;
    const width = widths[next.column] ?? 0;
    if (before < box.scrollLeft) box.scrollLeft = before;
    else if (before + width > box.scrollLeft + box.clientWidth)
      box.scrollLeft = before + width - box.clientWidth;
  };

  const isOther = (row: number): boolean => others !== null && row >= others.from;

  const copyCell = async () => {
    const source = place.row < 0 ? null : order[place.row];
    const text =
      source === null || source === undefined
        ? (columns[place.column]?.label ?? '')
        : isOther(source) && place.column === others?.column
          ? OTHER_LABEL
          : textOfCell(data[place.column]?.[source]);
    announce((await copyText(text)) ? 'Copied' : 'This page cannot copy');
  };

  const activate = (row: number, column: number) => {
    const source = order[row] ?? row;
    if (isOther(source)) return;
    onRowActivate?.(source);
    const cell = document.getElementById(cellId(row, column));
    if (cell !== null) onCellActivate?.(source, column, cell);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 320) / rowHeight) - 2);
    const far = event.ctrlKey || event.metaKey;
    const moves: Record<string, () => void> = {
      ArrowDown: () => goTo(place.row + 1, place.column),
      ArrowUp: () => goTo(place.row - 1, place.column),
      ArrowLeft: () => goTo(place.row, place.column - 1),
      ArrowRight: () => goTo(place.row, place.column + 1),
      Home: () => goTo(far ? 0 : place.row, 0),
      End: () => goTo(far ? rowCount - 1 : place.row, columns.length - 1),
      PageDown: () => goTo(place.row + page, place.column),
      PageUp: () => goTo(Math.max(place.row - page, 0), place.column),
      Enter: () => {
        if (place.row < 0) toggleSort(place.column);
        else if (order[place.row] !== undefined) activate(place.row, place.column);
      },
      ' ': () => {
        if (place.row < 0) toggleSort(place.column);
      },
      c: () => void copyCell(),
    };
    const move = moves[event.key];
    if (move === undefined || (event.key === 'c') !== (far && event.key === 'c')) return;
    event.preventDefault();
    move();
  };

  const active = (row: number, column: number) =>
    focused && place.row === row && place.column === column;
  const cellStyle = (row: number, column: number) => ({
    display: 'flex',
    alignItems: 'center',
    minWidth: 0,
    px: 2.5,
    justifyContent: isNumeric(columns[column]?.type) ? 'flex-end' : 'flex-start',
    outline: active(row, column) ? '2px solid' : 'none',
    outlineColor: 'primary.main',
    outlineOffset: '-2px',
  });

  return (
    <Box
      ref={scroller}
      role="grid"
      aria-label={label}
      aria-rowcount={rowCount + (footer ? 2 : 1)}
      aria-colcount={columns.length}
      aria-activedescendant={focused ? cellId(place.row, place.column) : undefined}
      tabIndex={0}
      onKeyDown={onKeyDown}
      onFocus={() => setFocused(true)}
      onBlur={() => setFocused(false)}
      sx={{
        position: 'relative',
        overflow: 'auto',
        height: height === 'fill' ? '100%' : 'auto',
        maxHeight: height === 'fill' ? undefined : height,
        fontSize: '0.75rem',
        fontVariantNumeric: 'tabular-nums',
        overscrollBehavior: 'contain',
      }}
    >
      <Box role="rowgroup" sx={{ position: 'sticky', top: 0, zIndex: 1, minWidth }}>
        <Box
          role="row"
          aria-rowindex={1}
          sx={{
            display: 'grid',
            gridTemplateColumns: template,
            height: rowHeight,
            bgcolor: 'background.paper',
            borderBottom: 1,
            borderColor: 'divider',
            fontWeight: 600,
            color: 'text.secondary',
          }}
        >
          {columns.map((column, index) => (
            <Box
              key={column.name}
              id={cellId(-1, index)}
              role="columnheader"
              aria-colindex={index + 1}
              aria-sort={
                sort?.column === index
                  ? sort.direction === 'asc'
                    ? 'ascending'
                    : 'descending'
                  : undefined
              }
              title={column.label}
              onClick={() => {
                setPlace({ row: -1, column: index });
                toggleSort(index);
              }}
              sx={{
                ...cellStyle(-1, index),
                gap: 1,
                fontStyle: column.other ? 'italic' : undefined,
                cursor: canOrder(index) ? 'pointer' : 'default',
                userSelect: 'none',
                '&:hover': canOrder(index) ? { color: 'text.primary' } : {},
              }}
            >
              <Box
                component="span"
                sx={{ overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' }}
              >
                {column.label}
              </Box>
              {sort?.column === index && (
                <Icon name={sort.direction === 'asc' ? 'sortUp' : 'sortDown'} size={12} />
              )}
            </Box>
          ))}
        </Box>
      </Box>
      {rowCount === 0 ? (
        <Box role="rowgroup">
          <Box role="row" aria-rowindex={2}>
            <Box
              role="gridcell"
              aria-colspan={columns.length}
              sx={{ p: 4, color: 'text.secondary' }}
            >
              {emptyText}
            </Box>
          </Box>
        </Box>
      ) : (
        <Box
          role="rowgroup"
          sx={{ position: 'relative', minWidth, height: virtual.getTotalSize() }}
        >
          {virtual.getVirtualItems().map((item) => {
            const source = order[item.index] ?? item.index;
            return (
              <Box
                key={item.index}
                role="row"
                aria-rowindex={item.index + 2}
                sx={{
                  position: 'absolute',
                  inset: '0 0 auto 0',
                  display: 'grid',
                  gridTemplateColumns: template,
                  height: rowHeight,
                  borderBottom: 1,
                  borderColor: 'divider',
                  cursor:
                    (onRowActivate || onCellActivate) && !isOther(source) ? 'pointer' : 'default',
                  fontStyle: isOther(source) ? 'italic' : undefined,
                  '&:hover': { bgcolor: 'surface.sunken' },
                }}
                style={{ transform: `translateY(${item.start}px)` }}
              >
                {shown.map((column, index) => {
                  const value = data[index]?.[source];
                  const names = isOther(source) && index === others?.column;
                  const text = names ? OTHER_LABEL : formatCell(value, column);
                  const running = value !== undefined && column.running?.has(value);
                  const exact =
                    column.type === 'float' && typeof value === 'number'
                      ? formatExact(value, column.format ?? null)
                      : text;
                  return (
                    <Box
                      key={column.name}
                      id={cellId(item.index, index)}
                      role="gridcell"
                      aria-colindex={index + 1}
                      title={
                        names
                          ? 'All other values together'
                          : value == null
                            ? 'No value'
                            : running
                              ? `${exact} ${SO_FAR}`
                              : exact
                      }
                      onClick={() => {
                        setPlace({ row: item.index, column: index });
                        activate(item.index, index);
                      }}
                      sx={{
                        ...cellStyle(item.index, index),
                        color: value == null && !names ? 'text.secondary' : 'inherit',
                      }}
                    >
                      <Box
                        component="span"
                        sx={{ overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' }}
                      >
                        {running ? `${text} ` : text}
                        {running && (
                          <Box component="span" sx={{ color: 'text.secondary' }}>
                            {SO_FAR}
                          </Box>
                        )}
                      </Box>
                    </Box>
                  );
                })}
              </Box>
            );
          })}
        </Box>
      )}
      {footer && rowCount > 0 && (
        <TotalsRow
          footer={footer}
          columns={shown}
          rowNumber={rowCount + 2}
          style={{ gridTemplateColumns: template, height: rowHeight, minWidth }}
        />
      )}
    </Box>
  );
}

export interface RowCountLineProps {
  shown: number;
  total?: number | null;
  // Whether there may be more, where nobody counted them.
  first?: boolean;
  // What else holds for these rows: 'Times in UTC'.
  note?: string;
}

// The line under a table: how many rows there are and how many of them are here.
export function RowCountLine({ shown, total, first = false, note }: RowCountLineProps) {
  const more = total !== null && total !== undefined && total > shown;
  return (
    <Box
      component="p"
      sx={{ m: 0, px: 2.5, py: 2, fontSize: '0.6875rem', color: 'text.secondary' }}
    >
      {more
        ? `First ${formatCount(shown, 'row')} of ${formatCount(total, 'row')}`
        : `${first ? 'First ' : ''}${formatCount(shown, 'row')}`}
      {note && ` \u00b7 ${note}`}
    </Box>
  );
}
