// The rows of an older version, with a way back.
import { useSearchParams } from 'react-router';
import { toProblem } from '@/api/problem';
import type { DatasetDetail } from '@/api/types';
import { useGetRowsAsOfQuery } from '@/api/versions-api';
import { AsOfBanner } from '@/components/as-of-banner';
import { formatNumber } from '@/lib/format';
import { previewRows, RowsTable } from '../rows-table';

export interface RowsAsOfProps {
  dataset: DatasetDetail;
  version: number;
}

export default function RowsAsOf({ dataset, version }: RowsAsOfProps) {
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
      <RowsTable
        name={name}
        label={`Rows of ${name} as of ${named}`}
        // Never the rows of another version.
        result={rows.currentData}
        total={null}
        problem={rows.isError ? toProblem(rows.error) : null}
        onRetry={() => void rows.refetch()}
        whenEmpty="This version has none."
      />
    </>
  );
}
