// The latest rows, as they are stored; or those of an older version, with a way back.
import Box from '@mui/material/Box';
import { useMemo } from 'react';
import { useSearchParams } from 'react-router';
import { useGetDatasetPreviewQuery } from '@/api/datasets-api';
import { toProblem } from '@/api/problem';
import type { DatasetDetail, Problem, QueryResult } from '@/api/types';
import { useGetRowsAsOfQuery } from '@/api/versions-api';
import { AsOfBanner } from '@/components/as-of-banner';
import { DataTable, RowCountLine } from '@/components/data-table';
import { EmptyState, ErrorState, LoadingState } from '@/components/states';
import { formatNumber } from '@/lib/format';
import { useColumnFormats } from './use-column-formats';

const previewRows = 200;

export function PreviewTab({ dataset }: { dataset: DatasetDetail }) {
  const [params] = useSearchParams();
  const asked = params.get('asOf');
  const version = asked !== null && /^\d{1,15}$/.test(asked) ? Number(asked) : null;
  return version === null ? (
    <LatestRows dataset={dataset} />
  ) : (
    <RowsOfVersion dataset={dataset} version={version} />
  );
}

function LatestRows({ dataset }: { dataset: DatasetDetail }) {
  const preview = useGetDatasetPreviewQuery({ name: dataset.name, limit: previewRows });
  return (
    <Rows
      name={dataset.name}
      label={`Latest rows of ${dataset.name}`}
      result={preview.data}
      total={dataset.rows}
      problem={preview.isError ? toProblem(preview.error) : null}
      onRetry={() => void preview.refetch()}
      whenEmpty="Rows appear here after the first load."
    />
  );
}

function RowsOfVersion({ dataset, version }: { dataset: DatasetDetail; version: number }) {
  const [, setParams] = useSearchParams();
  const { name, time_column: timeColumn } = dataset;
  const rows = useGetRowsAsOfQuery({ name, version, timeColumn, limit: previewRows });
  const named = `version ${formatNumber(version, 'integer')}`;
  return (
    <>
      <AsOfBanner
        title={`As of ${named}, not the latest.`}
        backLabel="Back to the latest rows"
        onBack={() => setParams({ tab: 'preview' }, { replace: true })}
      >
        The newest version is {formatNumber(dataset.version, 'integer')}.
      </AsOfBanner>
      <Rows
        name={name}
        label={`Rows of ${name} as of ${named}`}
        result={rows.data}
        total={null}
        problem={rows.isError ? toProblem(rows.error) : null}
        onRetry={() => void rows.refetch()}
        whenEmpty="This version has none."
      />
    </>
  );
}

interface RowsProps {
  name: string;
  label: string;
  result: QueryResult | undefined;
  total: number | null;
  problem: Problem | null;
  onRetry: () => void;
  whenEmpty: string;
}

function Rows({ name, label, result, total, problem, onRetry, whenEmpty }: RowsProps) {
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
  const zone = provenance.timezone || 'UTC';
  const hasTimes = columns.some((column) => column.type === 'timestamp');
  if (row_count === 0) {
    return (
      <EmptyState icon="table" title="No rows">
        {whenEmpty}
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
          total={total ?? provenance.total_rows}
          note={hasTimes ? `Times in ${zone}` : undefined}
        />
      </Box>
    </Box>
  );
}
