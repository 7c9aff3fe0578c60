// A table of rejected rows: where, which value, why. Shown where a load has just ended; later they are looked
// at, and corrected, on the dataset's page.
import Box from '@mui/material/Box';
import { useMemo } from 'react';
import type { Cell, RejectedValue } from '@/api/types';
import { DataTable, RowCountLine } from '@/components/data-table';
import type { DataColumn } from '@/components/data-table';
import { outlined } from '@/components/outlined';
import { beginning } from './reject-words';

const columns: DataColumn[] = [
  { name: 'line', label: 'Line', type: 'integer' },
  { name: 'column', label: 'Column', type: 'string' },
  { name: 'value', label: 'Value', type: 'string' },
  { name: 'reason', label: 'Reason', type: 'string' },
  { name: 'raw', label: 'Whole row', type: 'string' },
];

export function RejectsTable({
  items,
  total,
  label,
  height = 480,
}: {
  items: readonly RejectedValue[];
  /** Of which the items may be the first. */
  total: number;
  label: string;
  height?: number;
}) {
  const data = useMemo<Cell[][]>(
    () => [
      items.map((item) => item.line),
      items.map((item) => item.column),
      items.map((item) => item.value),
      items.map((item) => item.reason),
      items.map((item) => beginning(item.raw)),
    ],
    [items],
  );
  return (
    <Box sx={outlined}>
      <DataTable
        label={label}
        columns={columns}
        data={data}
        rowCount={items.length}
        height={height}
      />
      {total > items.length && (
        <Box sx={{ borderTop: 1, borderColor: 'divider' }}>
          <RowCountLine shown={items.length} total={total} />
        </Box>
      )}
    </Box>
  );
}
