// The latest rows, as they are stored; or those of an older version that the address names.
import { useSearchParams } from 'react-router';
import { useGetDatasetPreviewQuery } from '@/api/datasets-api';
import { toProblem } from '@/api/problem';
import type { DatasetDetail } from '@/api/types';
import { chunkComponent } from '@/components/chunk-component';
import { previewRows, RowsTable } from './rows-table';

const RowsAsOf = chunkComponent(() => import('./versions/rows-as-of'));

export function PreviewTab({ dataset }: { dataset: DatasetDetail }) {
  const [params] = useSearchParams();
  const asked = params.get('asOf');
  const version = asked !== null && /^\d{1,15}$/.test(asked) ? Number(asked) : null;
  return version === null ? (
    <LatestRows dataset={dataset} />
  ) : (
    <RowsAsOf dataset={dataset} version={version} />
  );
}

function LatestRows({ dataset }: { dataset: DatasetDetail }) {
  const preview = useGetDatasetPreviewQuery({ name: dataset.name, limit: previewRows });
  return (
    <RowsTable
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
