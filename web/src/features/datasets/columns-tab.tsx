// What columns a dataset has.
import Box from '@mui/material/Box';
import type { DatasetColumn, DatasetDetail } from '@/api/types';
import { formatCell, missingText } from '@/lib/format';
import { PlainTable } from './plain-table';
import { missingWords } from './profile-words';
import { TypeMark } from './type-mark';
import { useColumnFormats } from './use-column-formats';
import { useFoundColumns } from './use-found-columns';

function shorten(text: string): string {
  return text.length > 32 ? `${text.slice(0, 31)}\u2026` : text;
}

export function ColumnsTab({ dataset }: { dataset: DatasetDetail }) {
  const formats = useColumnFormats(dataset.name);
  const { shown, field } = useFoundColumns(dataset.columns);
  const edge = (column: DatasetColumn, value: DatasetColumn['min']) =>
    shorten(
      formatCell(value, {
        type: column.type,
        format: formats.get(column.name) ?? null,
        grain: column.type === 'timestamp' ? 'minute' : null,
      }),
    );
  return (
    <>
      {field}
      <PlainTable
        label="Columns"
        rows={shown}
        rowKey={(column) => column.name}
        columns={[
          {
            label: 'Name',
            cell: (column) => (
              <>
                <Box component="span" sx={{ fontWeight: 500 }}>
                  {column.name}
                </Box>
                {column.name === dataset.time_column && (
                  <Box
                    component="span"
                    sx={{
                      ml: 2,
                      px: 1.5,
                      py: 0.5,
                      borderRadius: 999,
                      fontSize: '0.6875rem',
                      bgcolor: 'surface.accentSoft',
                      color: 'primary.main',
                    }}
                  >
                    Time
                  </Box>
                )}
              </>
            ),
          },
          { label: 'Type', cell: (column) => <TypeMark type={column.type} /> },
          {
            label: 'Missing',
            align: 'right',
            cell: (column) =>
              column.nulls === null ? missingText : missingWords(column.nulls, dataset.rows),
          },
          { label: 'Smallest', cell: (column) => edge(column, column.min) },
          { label: 'Largest', cell: (column) => edge(column, column.max) },
        ]}
      />
    </>
  );
}
