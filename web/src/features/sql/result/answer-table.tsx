// The rows that answer a statement, as a table or a picture, with what they say about themselves. A chunk of its own: nothing is run before it is written.
import Button from '@mui/material/Button';
import { Suspense, useRef, useState } from 'react';
import { downloadSqlCsv } from '@/api/download-csv';
import type { StoredResult } from '@/api/result-store';
import { AnswerCard } from '@/components/answer-card';
import { chunkComponent } from '@/components/chunk-component';
import { DataTable } from '@/components/data-table';
import { useDownloadPicture } from '@/charts/picture/download-picture';
import { provenanceLine } from '@/components/provenance/provenance-line';
import { LoadingState } from '@/components/states';
import { useToasts } from '@/components/toast-slice';
import { nothingSeen } from '@/lib/access-words';
import { formatElapsed } from '@/lib/format';
import { Icon } from '@/theme/icons';
import type { FinishedRun } from '../use-sql-run';
import type { AnswerChartProps } from './answer-chart';

// Most answers are read as rows.
const AnswerChart = chunkComponent<AnswerChartProps>(() => import('./answer-chart'));

const HEIGHT = 440;

export interface AnswerTableProps {
  finished: FinishedRun;
  stored: StoredResult;
  running: boolean;
  outdated: boolean;
}

export default function AnswerTable({ finished, stored, running, outdated }: AnswerTableProps) {
  const { result } = stored;
  const { provenance } = result;
  const hidden = nothingSeen(result);
  const toasts = useToasts();
  const picture = useDownloadPicture();
  const drawing = useRef<HTMLDivElement>(null);
  const [drawn, setDrawn] = useState(false);
  const asChart = drawn && result.row_count > 0;
  const download = async (): Promise<void> => {
    const problem = await downloadSqlCsv(finished.statement, 'Statement');
    if (problem) toasts.show({ message: problem.detail ?? problem.title, tone: 'error' });
  };
  return (
    <AnswerCard
      outdated={running || outdated}
      about={{
        provenance,
        columns: result.columns,
        query: finished.statement,
        confirmedAt: stored.confirmedAt,
        requestId: finished.requestId,
      }}
      rows={{
        shown: result.row_count,
        total: provenance.total_rows,
        first: provenance.truncated,
        note: [
          outdated ? 'Answers what was run, not what stands above now' : null,
          // A count of nothing is a row, too.
          result.row_count > 0 ? hidden : null,
          formatElapsed(finished.ms),
          provenanceLine(provenance),
        ]
          .filter(Boolean)
          .join(' \u00b7 '),
      }}
      actions={
        <>
          <Button
            size="small"
            variant="text"
            disabled={result.row_count === 0}
            onClick={() => setDrawn(!drawn)}
            startIcon={<Icon name={asChart ? 'table' : 'chart'} size={16} />}
          >
            {asChart ? 'View as table' : 'View as chart'}
          </Button>
          {asChart && (
            <Button
              size="small"
              variant="text"
              onClick={() =>
                void picture({ element: drawing.current, title: 'Statement', titled: true })
              }
              startIcon={<Icon name="image" size={16} />}
            >
              Download picture
            </Button>
          )}
          <Button
            size="small"
            variant="text"
            disabled={result.row_count === 0}
            onClick={() => void download()}
            startIcon={<Icon name="download" size={16} />}
          >
            Download CSV
          </Button>
        </>
      }
    >
      {asChart ? (
        <Suspense fallback={<LoadingState height={HEIGHT} label="Loading the chart" />}>
          <div ref={drawing}>
            <AnswerChart result={result} height={HEIGHT} />
          </div>
        </Suspense>
      ) : (
        <DataTable
          key={stored.key}
          label="Result"
          columns={result.columns}
          data={result.data}
          rowCount={result.row_count}
          zone={provenance.timezone}
          height={HEIGHT}
          density="compact"
          emptyText={hidden ?? 'The statement is fine; no row answers it'}
        />
      )}
    </AnswerCard>
  );
}
