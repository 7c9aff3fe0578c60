// What the answer to a statement is made of: what models and views say in it, by which conditions it reads rows, and where these came
// from. What the statement computes of them stands in the statement itself.
import Box from '@mui/material/Box';
import { toProblem } from '@/api/problem';
import { useTraceStatementQuery } from '@/api/trust-api';
import type { Lineage, Model, ReadLineage, SqlQuery, StatementLineage } from '@/api/types';
import { useAskable } from '@/api/use-askable';
import { ErrorState, LoadingState } from '../states';
import { PanelPart } from './fold';
import { Conditions, DefinedIn, Meaning } from './lineage-parts';
import { conditionsOf } from './lineage-words';
import { code, muted } from './panel-styles';
import { RowsOrigin } from './rows-origin';

const noModels: readonly Model[] = [];

export function StatementLineageSection({ query }: { query: SqlQuery }) {
  const answer = useTraceStatementQuery(query, { refetchOnMountOrArgChange: true });
  const { data: models = noModels } = useAskable();
  if (answer.isError && !answer.isFetching) {
    return (
      <ErrorState dense problem={toProblem(answer.error)} onRetry={() => void answer.refetch()} />
    );
  }
  if (answer.currentData === undefined)
    return <LoadingState rows={4} label="Asking what the answer is made of" />;
  return <Made lineage={answer.currentData} models={models} />;
}

function Made({ lineage, models }: { lineage: StatementLineage; models: readonly Model[] }) {
  const { measures, dimensions, questions, reads, datasets, timezone } = lineage;
  const speaks = measures.length > 0 || dimensions.length > 0 || questions.length > 0;
  return (
    <Box sx={{ display: 'grid', gap: 5 }}>
      {speaks && (
        <PanelPart title="What it means">
          <Box sx={{ display: 'grid', gap: 4 }}>
            {(measures.length > 0 || dimensions.length > 0) && (
              <div>
                <Meaning lineage={{ measures, dimensions, ways: [], timezone }} models={models} />
              </div>
            )}
            {questions.map((question, place) => (
              <Question key={place} question={question} models={models} />
            ))}
          </Box>
          <DefinedIn datasets={datasets} />
        </PanelPart>
      )}
      {reads.length > 0 && (
        <PanelPart title="What is read">
          <Box component="ul" sx={{ listStyle: 'none', m: 0, p: 0, display: 'grid', gap: 2 }}>
            {reads.map((read, place) => (
              <Read key={place} read={read} label={labelOf(read.dataset, lineage)} />
            ))}
          </Box>
        </PanelPart>
      )}
      {datasets.length > 0 ? (
        <PanelPart title="Where the rows came from">
          <RowsOrigin lineage={lineage} />
        </PanelPart>
      ) : (
        <Box sx={muted}>It reads no dataset.</Box>
      )}
    </Box>
  );
}

const labelOf = (dataset: string, { datasets }: StatementLineage): string =>
  datasets.find((entry) => entry.dataset === dataset)?.label || dataset;

/** A SELECT over a view, as the question that it is. */
function Question({ question, models }: { question: Lineage; models: readonly Model[] }) {
  const conditions = conditionsOf(question, models);
  return (
    <Box role="group" aria-label={`Asked of ${question.view?.name ?? 'a view'}`}>
      <Box sx={muted}>
        Asked of the view {question.view?.name}, version {question.view?.version}
      </Box>
      <Meaning lineage={question} models={models} />
      {conditions.length > 0 && (
        <Box sx={{ mt: 2 }}>
          <Box sx={muted}>Only where</Box>
          <Conditions conditions={conditions} />
        </Box>
      )}
    </Box>
  );
}

function Read({ read, label }: { read: ReadLineage; label: string }) {
  return (
    <li>
      <Box component="span" sx={{ fontWeight: 600 }}>
        {label}
      </Box>
      {read.conditions.length === 0 ? (
        <Box component="span" sx={muted}>
          : all rows
        </Box>
      ) : (
        read.conditions.map((condition, place) => (
          <Box
            key={place}
            component="code"
            sx={{ ...code, display: 'block', p: 2, mt: 1, bgcolor: 'surface.sunken' }}
          >
            {condition}
          </Box>
        ))
      )}
    </li>
  );
}
