// The answer of a statement: a table with what it says about itself, or what is wrong with the statement and where.
import Button from '@mui/material/Button';
import { Suspense } from 'react';
import type { StoredResult } from '@/api/result-store';
import { chunkComponent } from '@/components/chunk-component';
import { EmptyState, LoadingState } from '@/components/states';
import type { FirstStatement } from '../first-statements';
import type { FinishedRun } from '../use-sql-run';
import type { AnswerTableProps } from './answer-table';
import { SqlProblem } from './sql-problem';

const AnswerTable = chunkComponent<AnswerTableProps>(() => import('./answer-table'));
// What does not come is asked for again, and complained about, where it is drawn.
export const preloadAnswer = (): void => void AnswerTable.preload().catch(() => undefined);

export interface SqlResultProps {
  finished: FinishedRun | null;
  stored: StoredResult | null;
  running: boolean;
  /** It would be another by now: the statement, the state or the limit was changed. */
  outdated: boolean;
  onRun: () => void;
  /** What to begin with, where nothing is written yet. */
  starts: readonly FirstStatement[];
  onStart: (sql: string) => void;
}

export function SqlResult(props: SqlResultProps) {
  const { finished, stored, running, outdated, onRun, starts } = props;
  if (finished === null) {
    return (
      <EmptyState
        icon="table"
        title="No answer yet"
        action={starts.map(({ label, sql }) => (
          <Button key={label} onClick={() => props.onStart(sql)}>
            {label}
          </Button>
        ))}
      >
        Write a statement and run it, also with Ctrl+Enter, or Cmd+Enter on a Mac.
        {starts.length > 0 && ' Or begin with:'}
      </EmptyState>
    );
  }
  const { problem } = finished;
  if (problem !== null)
    return <SqlProblem problem={problem} sql={finished.statement.sql} onRetry={onRun} />;
  if (stored === null) {
    return (
      <EmptyState title="The answer is gone" action={<Button onClick={onRun}>Run again</Button>}>
        Many others came after it.
      </EmptyState>
    );
  }
  return (
    <Suspense fallback={<LoadingState height={440} label="Loading the table" />}>
      <AnswerTable {...{ finished, stored, running, outdated }} />
    </Suspense>
  );
}
