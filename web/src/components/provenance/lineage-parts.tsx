// What of a lineage is told alike for questions and statements: what measures and groups mean, in which models, and what is counted.
import Box from '@mui/material/Box';
import Link from '@mui/material/Link';
import { Link as RouterLink } from 'react-router';
import type { DatasetLineage, Lineage, MeasureLineage, Model } from '@/api/types';
import { formatCount } from '@/lib/format';
import { modelOf } from '@/lib/members';
import { Fold } from './fold';
import { conditionText, definitionOf, dimensionText, wayText } from './lineage-words';
import { code, muted } from './panel-styles';

const list = { listStyle: 'none', m: 0, p: 0, display: 'grid', gap: 3 } as const;

/** What says what numbers mean. */
export type Meant = Pick<Lineage, 'measures' | 'dimensions' | 'ways' | 'timezone'>;

export function Meaning({ lineage, models }: { lineage: Meant; models: readonly Model[] }) {
  const asked = lineage.measures.filter((measure) => measure.asked);
  const inputs = lineage.measures.filter((measure) => !measure.asked);
  return (
    <>
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
    </>
  );
}

export function DefinedIn({ datasets }: { datasets: readonly DatasetLineage[] }) {
  return (
    <Box sx={{ ...muted, mt: 2 }}>
      As defined in{' '}
      {datasets.map(({ dataset, label, model_version: version }, place) => (
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
  );
}

export function Conditions({ conditions }: { conditions: readonly string[] }) {
  if (conditions.length === 0) return <Box sx={muted}>All rows: nothing was filtered.</Box>;
  return (
    <Box component="ul" sx={{ m: 0, pl: 5, overflowWrap: 'anywhere' }}>
      {conditions.map((words) => (
        <li key={words}>{words}</li>
      ))}
    </Box>
  );
}

function Measures(props: {
  measures: readonly MeasureLineage[];
  lineage: Meant;
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
