// The rows that answer a statement, with what they say about themselves. A chunk of its own: nothing is run before it is written.
import Button from '@mui/material/Button';
import { downloadSqlCsv } from '@/api/download-csv';
import type { StoredResult } from '@/api/result-store';
import { AnswerCard } from '@/components/answer-card';
import { DataTable } from '@/components/data-table';
import { provenanceLine } from '@/components/provenance/provenance-line';
import { useToasts } from '@/components/toast-slice';
import { nothingSeen } from '@/lib/access-words';
import { formatElapsed } from '@/lib/format';
import { Icon } from '@/theme/icons';
import type { FinishedRun } from '../use-sql-run';

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
        <Button
          size="small"
          variant="text"
          disabled={result.row_count === 0}
          onClick={() => void download()}
          startIcon={<Icon name="download" size={16} />}
        >
          Download CSV
        </Button>
      }
    >
      <DataTable
        key={stored.key}
        label="Result"
        columns={result.columns}
        data={result.data}
        rowCount={result.row_count}
        zone={provenance.timezone}
        height={440}
        density="compact"
        emptyText={hidden ?? 'The statement is fine; no row answers it'}
      />
    </AnswerCard>
  );
}
