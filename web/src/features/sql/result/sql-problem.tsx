// Why a statement was not answered or explained: the place in it where something is wrong, or what else went wrong.
import Button from '@mui/material/Button';
import type { Problem } from '@/api/types';
import { ProblemNotice } from '@/components/problem-notice';
import { EmptyState } from '@/components/states';
import { errorPlace, errorText, placeText } from '../error-place';

export interface SqlProblemProps {
  problem: Problem;
  sql: string;
  onRetry: () => void;
}

export function SqlProblem({ problem, sql, onRetry }: SqlProblemProps) {
  if (problem.code === 'aborted') {
    return (
      <EmptyState title="Cancelled" action={<Button onClick={onRetry}>Run again</Button>}>
        The statement was taken back before its answer came.
      </EmptyState>
    );
  }
  const ofStatement = ['invalid', 'denied', 'not_found'].includes(problem.code);
  if (!ofStatement || problem.errors?.some(({ field }) => field !== 'sql'))
    return <ProblemNotice problem={problem} onRetry={onRetry} />;
  const place = errorPlace(sql, problem.detail ?? '');
  return (
    <ProblemNotice
      problem={{
        ...problem,
        title: place === null ? 'The statement is not accepted' : placeText(sql, place),
        detail: errorText(problem.detail ?? problem.title),
        errors: [],
      }}
    />
  );
}
