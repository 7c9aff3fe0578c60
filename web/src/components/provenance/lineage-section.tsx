// What a number is made of: how its measures are defined, down to the columns, which rows count, and where these came from.
import Box from '@mui/material/Box';
import Link from '@mui/material/Link';
import { Link as RouterLink } from 'react-router';
import { toProblem } from '@/api/problem';
import { useTraceQueryQuery } from '@/api/trust-api';
import type { Lineage, MeasureLineage, Model, SemanticQuery } from '@/api/types';
import { formatCount } from '@/lib/format';
import { modelOf } from '@/lib/members';
import { ErrorState, LoadingState } from '../states';
import { Fold, PanelPart } from './fold';
import { conditionsOf, conditionText, definitionOf, dimensionText, wayText } from './lineage-words';
import { code, muted } from './panel-styles';
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

const list = { listStyle: 'none', m: 0, p: 0, display: 'grid', gap: 3 } as const;

function Made({ lineage, models }: { lineage: Lineage; models: readonly Model[] }) {
  const asked = lineage.measures.filter((measure) => measure.asked);
  const inputs = lineage.measures.filter((measure) => !measure.asked);
  const conditions = conditionsOf(lineage, models);
  return (
    <Box sx={{ display: 'grid', gap: 5 }}>
      <PanelPart title="What it means">
        <Measures measures={asked} lineage={lineage} models={models} />
        {inputs.length > 0 && (
          <Box sx={{ mt: 2 }}>
            <Fold title={`Computed from ${formatCount(inputs.length, 'other measure')}`}>
              {() => (
                <Box sx={{ pl: 4, borderLeft: 2, borderColor: 'divider' }}>
                  <Measures measures={inputs} lineage={lineage} models={models} />
                </Box>
              )}
            </Fold>
          </Box>
        )}
        {lineage.dimensions.length > 0 && (
          <Box sx={{ ...muted, mt: 2 }}>
            Grouped by {lineage.dimensions.map(dimensionText).join('; ')}
          </Box>
        )}
        {lineage.ways.length > 0 && (
          <Box sx={{ ...muted, mt: 2 }}>
            Looked up by way of {lineage.ways.map(wayText).join('; ')}
          </Box>
        )}
        <Box sx={{ ...muted, mt: 2 }}>
          As defined in{' '}
          {lineage.datasets.map(({ dataset, label, model_version: version }, place) => (
            <span key={dataset}>
              {place > 0 && ', '}
              <Link
                component={RouterLink}
                underline="always"
                to={`/models/${encodeURIComponent(dataset)}`}
              >
                model {label || dataset}
              </Link>
              , version {version}
            </span>
          ))}
          .
        </Box>
      </PanelPart>
      <PanelPart title="What is counted">
        {conditions.length === 0 ? (
          <Box sx={muted}>All rows: nothing was filtered.</Box>
        ) : (
          <Box component="ul" sx={{ m: 0, pl: 5, overflowWrap: 'anywhere' }}>
            {conditions.map((words) => (
              <li key={words}>{words}</li>
            ))}
          </Box>
        )}
      </PanelPart>
      <PanelPart title="Where the rows came from">
        <RowsOrigin lineage={lineage} />
      </PanelPart>
    </Box>
  );
}

function Measures(props: {
  measures: readonly MeasureLineage[];
  lineage: Lineage;
  models: readonly Model[];
}) {
  const { measures, lineage, models } = props;
  const several = new Set(lineage.measures.map(({ member }) => modelOf(member))).size > 1;
  return (
    <Box component="ul" sx={list}>
      {measures.map((measure) => {
        const { words, expression } = definitionOf(measure, lineage);
        return (
          <li key={measure.member}>
            <Box component="span" sx={{ fontWeight: 600 }}>
              {measure.definition.label}
            </Box>
            {several && <Box component="span" sx={muted}>{` of ${modelOf(measure.member)}`}</Box>}
            <Box sx={{ overflowWrap: 'anywhere' }}>{words}</Box>
            {expression !== null && (
              <Box
                component="code"
                sx={{ ...code, display: 'block', p: 2, mt: 1, bgcolor: 'surface.sunken' }}
              >
                {expression}
              </Box>
            )}
            {measure.conditions.map((condition, place) => (
              <Box key={place} sx={muted}>
                Only where {conditionText(condition, models, lineage.timezone)}
              </Box>
            ))}
          </li>
        );
      })}
    </Box>
  );
}
