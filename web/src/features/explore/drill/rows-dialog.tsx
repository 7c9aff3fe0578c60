// The rows behind a cell, asked as a statement, which can be taken along to the page for statements.
import Button from '@mui/material/Button';
import { useMemo } from 'react';
import { Link } from 'react-router';
import { toProblem } from '@/api/problem';
import { useRunSqlQuery } from '@/api/sql-api';
import type { AsOf, Model, ResultColumn } from '@/api/types';
import { useStoredResult } from '@/api/use-stored-result';
import { partText, stateText } from '@/components/provenance/provenance-line';
import { nothingSeen } from '@/lib/access-words';
import { isJoined } from '@/lib/joins';
import { Dialog } from '@/components/dialog';
import { DataTable, RowCountLine } from '@/components/data-table';
import { ErrorState, LoadingState } from '@/components/states';
import { MOST_SHOWN } from './rows-sql';

export interface RowsDialogProps {
  title: string;
  model: Model;
  sql: string;
  asOf: AsOf | null;
  zone: string;
  onClose: () => void;
}

/** As the model writes the dimension that a column is: a year is no count. */
const written = (columns: readonly ResultColumn[], model: Model): ResultColumn[] =>
  columns.map((column) => {
    const dimension = model.dimensions.find(
      (entry) => entry.column === column.name && !isJoined(entry),
    );
    return dimension?.format ? { ...column, format: dimension.format } : column;
  });

export function RowsDialog({ title, model, sql, asOf, zone, onClose }: RowsDialogProps) {
  const statement = useMemo(
    () => ({ sql, limit: MOST_SHOWN, ...(asOf === null ? {} : { asOf }) }),
    [sql, asOf],
  );
  const answer = useRunSqlQuery(statement);
  const stored = useStoredResult(answer.data?.key);
  const search = new URLSearchParams({ q: sql, ...(asOf === null ? {} : { asOf: String(asOf) }) });
  return (
    <Dialog
      title="Rows behind this number"
      subtitle={title}
      size="lg"
      onClose={onClose}
      actions={
        <Button component={Link} to={`/sql?${search.toString()}`} variant="text">
          Open as SQL
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
              columns={written(stored.result.columns, model)}
              data={stored.result.data}
              rowCount={stored.result.row_count}
              zone={zone}
              height={420}
              density="compact"
              emptyText={nothingSeen(stored.result) ?? 'No rows'}
            />
            <RowCountLine
              shown={stored.result.row_count}
              first={stored.result.row_count >= MOST_SHOWN}
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
