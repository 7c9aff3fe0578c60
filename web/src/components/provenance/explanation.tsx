// What asking a query again would cost now, told by the server when somebody wants to know.
import Box from '@mui/material/Box';
import { useExplainQueryQuery } from '@/api/explain-api';
import { toProblem } from '@/api/problem';
import type { SemanticQuery } from '@/api/types';
import { ErrorState, LoadingState } from '../states';
import { CodeBlock, FactList } from './fact-list';
import { Fold } from './fold';
import { explanationGroups } from './provenance-words';

export const ExplanationSection = ({ query }: { query: SemanticQuery }) => (
  <Fold title="Explain the query">{() => <Explained query={query} />}</Fold>
);

function Explained({ query }: { query: SemanticQuery }) {
  const answer = useExplainQueryQuery(query, { refetchOnMountOrArgChange: true });
  if (answer.isError && !answer.isFetching) {
    return (
      <ErrorState dense problem={toProblem(answer.error)} onRetry={() => void answer.refetch()} />
    );
  }
  if (answer.data === undefined) return <LoadingState rows={3} label="Asking how it is answered" />;
  return (
    <Box sx={{ display: 'grid', gap: 4 }}>
      {explanationGroups(answer.data).map((group) => (
        <FactList key={group.title} group={group} />
      ))}
      <CodeBlock title="Plan">{answer.data.plan.trimEnd()}</CodeBlock>
    </Box>
  );
}
