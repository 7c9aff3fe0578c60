// The answer of a statement: a table with what it says about itself, or what is wrong with the statement and where.
import Button from '@mui/material/Button';
import type { StoredResult } from '@/api/result-store';
import { AnswerCard } from '@/components/answer-card';
import { DataTable } from '@/components/data-table';
import { ProblemNotice } from '@/components/problem-notice';
import { provenanceLine } from '@/components/provenance/provenance-line';
import { EmptyState } from '@/components/states';
import { nothingSeen } from '@/lib/access-words';
import { formatElapsed } from '@/lib/format';
import { errorPlace, errorText, placeText } from '../error-place';
import type { FinishedRun } from '../use-sql-run';

export interface SqlResultProps {
  finished: FinishedRun | null;
  stored: StoredResult | null;
  running: boolean;
  /** It would be another by now: the statement, the state or the limit was changed. */
  outdated: boolean;
  onRun: () => void;
}

export function SqlResult({ finished, stored, running, outdated, onRun }: SqlResultProps) {
  if (finished === null) {
    return (
      <EmptyState icon="table" title="No answer yet">
        Write a statement and run it with Ctrl+Enter, or Cmd+Enter on a Mac.
      </EmptyState>
    );
  }
  const { problem, statement } = finished;
  if (problem !== null) return <SqlProblem run={finished} onRun={onRun} />;
  if (stored === null) {
    return (
      <EmptyState title="The answer is gone" action={<Button onClick={onRun}>Run again</Button>}>
        Many others came after it.
      </EmptyState>
    );
  }
  const { result } = stored;
  const { provenance } = result;
  const hidden = nothingSeen(result);
  return (
    <AnswerCard
      outdated={running || outdated}
      about={{
        provenance,
        columns: result.columns,
        query: statement.sql,
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

function SqlProblem({ run, onRun }: { run: FinishedRun; onRun: () => void }) {
  const { problem, statement } = run;
  if (problem === null) return null;
  if (problem.code === 'aborted') {
    return (
      <EmptyState title="Cancelled" action={<Button onClick={onRun}>Run again</Button>}>
        The statement was taken back before its answer came.
      </EmptyState>
    );
  }
  const ofStatement = ['invalid', 'denied', 'not_found'].includes(problem.code);
  if (!ofStatement || problem.errors?.some(({ field }) => field !== 'sql'))
    return <ProblemNotice problem={problem} onRetry={onRun} />;
  const place = errorPlace(statement.sql, problem.detail ?? '');
  return (
    <ProblemNotice
      problem={{
        ...problem,
        title: place === null ? 'The statement is not accepted' : placeText(statement.sql, place),
        detail: errorText(problem.detail ?? problem.title),
        errors: [],
      }}
    />
  );
}
