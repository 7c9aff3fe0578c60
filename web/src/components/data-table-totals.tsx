// The last row of a table, which stays in view: totals under their columns.
import Box from '@mui/material/Box';
import type { CSSProperties } from 'react';
import type { Cell } from '@/api/types';
import { formatCell } from '@/lib/format';
import type { CellFormat } from '@/lib/format';
import { isNumeric } from './data-table-model';

export interface TableFooter {
  label: string;
  values: Cell[];
}

export function TotalsRow({
  footer,
  columns,
  rowNumber,
  style,
}: {
  footer: TableFooter;
  columns: (CellFormat & { name: string })[];
  rowNumber: number;
  style: CSSProperties;
}) {
  return (
    <Box
      role="rowgroup"
      sx={{ position: 'sticky', bottom: 0, zIndex: 1, minWidth: style.minWidth }}
    >
      <Box
        role="row"
        aria-rowindex={rowNumber}
        sx={{
          display: 'grid',
          bgcolor: 'surface.sunken',
          borderTop: 1,
          borderColor: 'surface.border',
          fontWeight: 600,
        }}
        style={style}
      >
        {columns.map((column, index) => {
          const value = footer.values[index] ?? null;
          const text = index === 0 && value === null ? footer.label : formatCell(value, column);
          return (
            <Box
              key={column.name}
              role="gridcell"
              aria-colindex={index + 1}
              title={text}
              sx={{
                display: 'flex',
                alignItems: 'center',
                minWidth: 0,
                px: 2.5,
                justifyContent: isNumeric(column.type) && index > 0 ? 'flex-end' : 'flex-start',
              }}
            >
              <Box
                component="span"
                sx={{ overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' }}
              >
                {value === null && index > 0 && !isNumeric(column.type) ? '' : text}
              </Box>
            </Box>
          );
        })}
      </Box>
    </Box>
  );
}
