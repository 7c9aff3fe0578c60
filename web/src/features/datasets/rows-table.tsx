// Rows of a dataset as a table, with what they are while they are on their way or are none.
import Box from '@mui/material/Box';
import { useMemo } from 'react';
import type { Problem, QueryResult } from '@/api/types';
import { DataTable, RowCountLine } from '@/components/data-table';
import { outlined } from '@/components/outlined';
import { EmptyState, ErrorState, LoadingState } from '@/components/states';
import { nothingSeen } from '@/lib/access-words';
import { useColumnFormats } from './use-column-formats';

/** Rows that are asked for at once. */
export const previewRows = 200;

export interface RowsTableProps {
  name: string;
  label: string;
  result: QueryResult | undefined;
  /** null: not counted. */
  total: number | null;
  problem: Problem | null;
  onRetry: () => void;
  whenEmpty: string;
}

export function RowsTable({
  name,
  label,
  result,
  total,
  problem,
  onRetry,
  whenEmpty,
}: RowsTableProps) {
  const formats = useColumnFormats(name);
  const columns = useMemo(
    () =>
      (result?.columns ?? []).map((column) => ({
        ...column,
        format: column.format ?? formats.get(column.name) ?? null,
      })),
    [result, formats],
  );
  if (result === undefined) {
    return problem ? (
      <ErrorState problem={problem} onRetry={onRetry} />
    ) : (
      <LoadingState rows={8} label="Loading rows" />
    );
  }
  const { data, row_count, provenance } = result;
  // A statement that asks for so many rows at most does not say how many there are.
  const first = total === null && row_count >= previewRows;
  const zone = provenance.timezone || 'UTC';
  const hasTimes = columns.some((column) => column.type === 'timestamp');
  if (row_count === 0) {
    return (
      <EmptyState icon="table" title="No rows">
        {nothingSeen(result) ?? whenEmpty}
      </EmptyState>
    );
  }
  return (
    <Box sx={outlined}>
      <DataTable
        label={label}
        columns={columns}
        data={data}
        rowCount={row_count}
        zone={zone}
        height={560}
      />
      <Box sx={{ borderTop: 1, borderColor: 'divider' }}>
        <RowCountLine
          shown={row_count}
          total={first ? null : (total ?? provenance.total_rows)}
          first={first}
          note={hasTimes ? `Times in ${zone}` : undefined}
        />
      </Box>
    </Box>
  );
}
