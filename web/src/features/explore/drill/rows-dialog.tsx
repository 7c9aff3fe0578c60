// The rows behind a cell, which can be taken along as a file.
import Button from '@mui/material/Button';
import { downloadCsv } from '@/api/download-csv';
import { toProblem } from '@/api/problem';
import { useRunQueryQuery } from '@/api/query-api';
import type { SemanticQuery } from '@/api/types';
import { useStoredResult } from '@/api/use-stored-result';
import { partText, stateText } from '@/components/provenance/provenance-line';
import { useToasts } from '@/components/toast-slice';
import { nothingSeen } from '@/lib/access-words';
import { formatNumber } from '@/lib/format';
import { Dialog } from '@/components/dialog';
import { DataTable, RowCountLine } from '@/components/data-table';
import { ErrorState, LoadingState } from '@/components/states';
import { Icon } from '@/theme/icons';

/** In a file; the engine answers no more at once. */
const MOST_IN_A_FILE = 50_000;

export interface RowsDialogProps {
  title: string;
  query: SemanticQuery;
  zone: string;
  onClose: () => void;
}

export function RowsDialog({ title, query, zone, onClose }: RowsDialogProps) {
  const answer = useRunQueryQuery(query);
  const stored = useStoredResult(answer.data?.key);
  const toasts = useToasts();
  const isCut = (stored?.result.provenance.total_rows ?? 0) > MOST_IN_A_FILE;
  const download = async (): Promise<void> => {
    const problem = await downloadCsv({ ...query, limit: MOST_IN_A_FILE }, title);
    if (problem) toasts.show({ message: problem.detail ?? problem.title, tone: 'error' });
  };
  return (
    <Dialog
      title="Rows behind this number"
      subtitle={title}
      size="lg"
      onClose={onClose}
      actions={
        <Button
          variant="text"
          disabled={stored === null || stored.result.row_count === 0}
          onClick={() => void download()}
          startIcon={<Icon name="download" size={16} />}
        >
          {isCut
            ? `Download CSV of the first ${formatNumber(MOST_IN_A_FILE, 'integer')}`
            : 'Download CSV'}
        </Button>
      }
    >
      <div>
        {answer.isError ? (
          <ErrorState problem={toProblem(answer.error)} onRetry={() => void answer.refetch()} />
        ) : stored === null ? (
          <LoadingState rows={8} label="Loading rows" />
        ) : (
          <>
            <DataTable
              label={`Rows of ${title}`}
              columns={stored.result.columns}
              data={stored.result.data}
              rowCount={stored.result.row_count}
              zone={zone}
              height={420}
              density="compact"
              emptyText={nothingSeen(stored.result) ?? 'No rows'}
            />
            <RowCountLine
              shown={stored.result.row_count}
              total={stored.result.provenance.total_rows}
              first={stored.result.provenance.truncated}
              note={[
                stateText(stored.result.provenance),
                `Times in ${zone}`,
                partText(stored.result.provenance),
              ]
                .filter(Boolean)
                .join(' \u00b7 ')}
            />
          </>
        )}
      </div>
    </Dialog>
  );
}
