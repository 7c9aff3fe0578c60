// A short table in the flow of the page (columns, loads): real table elements, scrolls inside itself.
import Box from '@mui/material/Box';
import type { ReactNode } from 'react';

export interface PlainColumn<T> {
  label: string;
  align?: 'left' | 'right';
  cell: (row: T) => ReactNode;
}

export interface PlainTableProps<T> {
  label: string;
  columns: PlainColumn<T>[];
  rows: readonly T[];
  rowKey: (row: T) => string;
}

export function PlainTable<T>({ label, columns, rows, rowKey }: PlainTableProps<T>) {
  return (
    <Box
      role="region"
      aria-label={label}
      tabIndex={0}
      sx={{
        overflowX: 'auto',
        border: 1,
        borderColor: 'divider',
        borderRadius: 1,
        bgcolor: 'background.paper',
      }}
    >
      <Box
        component="table"
        sx={{
          width: '100%',
          borderCollapse: 'collapse',
          fontVariantNumeric: 'tabular-nums',
          '& th, & td': { px: 4, py: 2, textAlign: 'left', whiteSpace: 'nowrap' },
          '& th': { fontSize: '0.75rem', fontWeight: 600, color: 'text.secondary' },
          '& td': { borderTop: '1px solid', borderColor: 'divider' },
          '& tbody tr:hover': { bgcolor: 'surface.sunken' },
          '& .right': { textAlign: 'right' },
        }}
      >
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.label} scope="col" className={column.align}>
                {column.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)}>
              {columns.map((column) => (
                <td key={column.label} className={column.align}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </Box>
    </Box>
  );
}
