// What a number is made of: how its measures are defined, down to the columns, which rows count, and where these came from.
import Box from '@mui/material/Box';
import { toProblem } from '@/api/problem';
import { useTraceQueryQuery } from '@/api/trust-api';
import type { Lineage, Model, SemanticQuery } from '@/api/types';
import { ErrorState, LoadingState } from '../states';
import { PanelPart } from './fold';
import { Conditions, DefinedIn, Meaning } from './lineage-parts';
import { conditionsOf } from './lineage-words';
import { RowsOrigin } from './rows-origin';

export interface LineageSectionProps {
  query: SemanticQuery;
  /** For the names of members. */
  models: readonly Model[];
}

export function LineageSection({ query, models }: LineageSectionProps) {
  const answer = useTraceQueryQuery(query, { refetchOnMountOrArgChange: true });
  if (answer.isError && !answer.isFetching) {
    return (
      <ErrorState dense problem={toProblem(answer.error)} onRetry={() => void answer.refetch()} />
    );
  }
  if (answer.currentData === undefined)
    return <LoadingState rows={4} label="Asking what the number is made of" />;
  return <Made lineage={answer.currentData} models={models} />;
}

function Made({ lineage, models }: { lineage: Lineage; models: readonly Model[] }) {
  return (
    <Box sx={{ display: 'grid', gap: 5 }}>
      <PanelPart title="What it means">
        <Meaning lineage={lineage} models={models} />
        <DefinedIn datasets={lineage.datasets} />
      </PanelPart>
      <PanelPart title="What is counted">
        <Conditions conditions={conditionsOf(lineage, models)} />
      </PanelPart>
      <PanelPart title="Where the rows came from">
        <RowsOrigin lineage={lineage} />
      </PanelPart>
    </Box>
  );
}
