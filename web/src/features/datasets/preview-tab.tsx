// The latest rows, as they are stored.
import Box from '@mui/material/Box';
import { useGetDatasetPreviewQuery } from '@/api/datasets-api';
import { toProblem } from '@/api/problem';
import { DataTable, RowCountLine } from '@/components/data-table';
import { EmptyState, ErrorState, LoadingState } from '@/components/states';

const previewRows = 200;

export function PreviewTab({ name, totalRows }: { name: string; totalRows: number }) {
  const preview = useGetDatasetPreviewQuery({ name, limit: previewRows });
  if (preview.data === undefined) {
    return preview.isError ? (
      <ErrorState problem={toProblem(preview.error)} onRetry={() => void preview.refetch()} />
    ) : (
      <LoadingState rows={8} label="Loading rows" />
    );
  }
  const { columns, data, row_count, provenance } = preview.data;
  const zone = provenance.timezone || 'UTC';
  const hasTimes = columns.some((column) => column.type === 'timestamp');
  if (row_count === 0) {
    return (
      <EmptyState icon="table" title="No rows yet">
        Rows appear here after the first load.
      </EmptyState>
    );
  }
  return (
    <Box
      sx={{
        border: 1,
        borderColor: 'divider',
        borderRadius: 1,
        bgcolor: 'background.paper',
        overflow: 'hidden',
      }}
    >
      <DataTable
        label={`Latest rows of ${name}`}
        columns={columns}
        data={data}
        rowCount={row_count}
        zone={zone}
        height={560}
      />
      <Box sx={{ borderTop: 1, borderColor: 'divider' }}>
        <RowCountLine
          shown={row_count}
          total={totalRows}
          note={hasTimes ? `Times in ${zone}` : undefined}
        />
      </Box>
    </Box>
  );
}
