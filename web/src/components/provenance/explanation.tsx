// What asking a question would cost now, told by the server when somebody wants to know.
import Box from '@mui/material/Box';
import { useExplainQueryQuery } from '@/api/explain-api';
import type { Explainable } from '@/api/explain-api';
import { toProblem } from '@/api/problem';
import type { Explanation } from '@/api/types';
import { ErrorState, LoadingState } from '../states';
import { explanationGroups } from './explanation-words';
import { CodeBlock, FactList } from './fact-list';
import { Fold } from './fold';

export const ExplanationSection = ({ query }: { query: Explainable }) => (
  <Fold title={'sql' in query ? 'Explain the statement' : 'Explain the query'}>
    {() => <Explained query={query} />}
  </Fold>
);

export function Explained({ query }: { query: Explainable }) {
  const answer = useExplainQueryQuery(query, { refetchOnMountOrArgChange: true });
  if (answer.isError && !answer.isFetching) {
    return (
      <ErrorState dense problem={toProblem(answer.error)} onRetry={() => void answer.refetch()} />
    );
  }
  if (answer.data === undefined) return <LoadingState rows={3} label="Asking how it is answered" />;
  return <ExplanationFacts explanation={answer.data} />;
}

export function ExplanationFacts({ explanation }: { explanation: Explanation }) {
  const plan = explanation.plan.trimEnd();
  return (
    <Box sx={{ display: 'grid', gap: 4 }}>
      {explanationGroups(explanation).map((group) => (
        <FactList key={group.title} group={group} />
      ))}
      {plan !== '' && <CodeBlock title="Plan">{plan}</CodeBlock>}
    </Box>
  );
}
