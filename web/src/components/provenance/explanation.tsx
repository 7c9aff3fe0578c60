// What asking a question would cost now, told by the server when somebody wants to know.
import Box from '@mui/material/Box';
import { useEffect } from 'react';
import { useExplainQueryQuery } from '@/api/explain-api';
import type { Explainable } from '@/api/explain-api';
import { toProblem } from '@/api/problem';
import type { Explanation, SemanticQuery } from '@/api/types';
import { announce } from '../announcer';
import { ErrorState, LoadingState } from '../states';
import { explanationGroups, explanationLine } from './explanation-words';
import { CodeBlock, FactList } from './fact-list';
import { Fold } from './fold';
import { muted } from './panel-styles';

export const ExplanationSection = ({ query }: { query: Explainable }) => (
  <Fold title={'sql' in query ? 'Explain the statement' : 'Explain the query'}>
    {() => <Explained query={query} />}
  </Fold>
);

/** What stands around an answer is not part of its explanation. */
const isAround = ({ totals, top, pivot, timeDimensions }: SemanticQuery): boolean =>
  Boolean(totals ?? top ?? pivot) || (timeDimensions ?? []).some(({ fill }) => fill != null);

export function Explained({ query }: { query: Explainable }) {
  const answer = useExplainQueryQuery(query, { refetchOnMountOrArgChange: true });
  if (answer.isError && !answer.isFetching) {
    return (
      <ErrorState dense problem={toProblem(answer.error)} onRetry={() => void answer.refetch()} />
    );
  }
  if (answer.data === undefined) return <LoadingState rows={3} label="Asking how it is answered" />;
  return (
    <>
      <ExplanationFacts explanation={answer.data} />
      {!('sql' in query) && isAround(query) && (
        <Box role="note" sx={{ ...muted, mt: 3 }}>
          This is the answer itself. Its totals, greatest values, filled times and columns across
          are parts of their own, which read more.
        </Box>
      )}
    </>
  );
}

export function ExplanationFacts({ explanation }: { explanation: Explanation }) {
  const plan = explanation.plan.trimEnd();
  useEffect(() => announce(explanationLine(explanation)), [explanation]);
  return (
    <Box sx={{ display: 'grid', gap: 4 }}>
      {explanationGroups(explanation).map((group) => (
        <FactList key={group.title} group={group} />
      ))}
      {plan !== '' && <CodeBlock title="Plan">{plan}</CodeBlock>}
    </Box>
  );
}
