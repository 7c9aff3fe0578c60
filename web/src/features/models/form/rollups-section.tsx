// Rollups of a model: measures by dimensions that are kept for every segment, so that questions which follow from them read no rows.
// Beside them stands what the advisor would keep. Loaded beside the form.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { useContext } from 'react';
import { useListAdviceQuery } from '@/api/rollups-api';
import type { Advice, FieldProblem, Model, Rollup } from '@/api/types';
import { announce } from '@/components/announcer';
import { without } from '@/lib/without';
import { adviceBeside, declared, isKept, rollupWords } from '../state/rollups';
import { grainNames } from '../state/vocabulary';
import { Choice, Fields, ReadOnly, Several, Text } from './fields';
import type { Option } from './fields';
import { ItemList } from './item-list';

export interface RollupsSectionProps {
  model: Model;
  problems: readonly FieldProblem[];
  onChange: (rollups: Rollup[]) => void;
}

const optionsIn = (members: readonly { name: string; label: string }[]): Option[] =>
  members
    .filter(({ name }) => name !== '')
    .map(({ name, label }) => ({ value: name, label: label || name }));

export default function RollupsSection({ model, problems, onChange }: RollupsSectionProps) {
  const all = model.rollups ?? [];
  const readOnly = useContext(ReadOnly);
  // Who may not know it is told nothing of it, and rollups can be declared all the same.
  const { data } = useListAdviceQuery(model.dataset);
  const advised = adviceBeside(model, data ?? []);
  const times = model.dimensions.filter(({ type }) => type === 'timestamp' || type === 'date');
  return (
    <>
      <ItemList
        title="Rollups"
        lead="Numbers that are kept by some dimensions: what follows from them is answered without reading rows"
        list="rollups"
        noun="rollup"
        items={all}
        problems={problems}
        nameOf={({ name }) => name}
        summary={(rollup) => rollupWords(rollup, model)}
        fresh={(): Rollup => ({ name: '', measures: [] })}
        onChange={onChange}
      >
        {(rollup, change) => (
          <>
            <Fields>
              <Text
                label="Name"
                value={rollup.name}
                onChange={(name) => change({ ...rollup, name })}
              />
              <Several
                label="Measures"
                values={rollup.measures}
                options={optionsIn(model.measures.filter(isKept))}
                onChange={(measures) => change({ ...rollup, measures })}
              />
              <Several
                label="Dimensions"
                values={rollup.dimensions ?? []}
                options={optionsIn(model.dimensions)}
                onChange={(dimensions) => change({ ...rollup, dimensions })}
              />
              <Choice
                label="Time"
                value={rollup.time_dimension}
                none="None"
                options={optionsIn(times)}
                onChange={(time) =>
                  change(
                    time === ''
                      ? without(rollup, 'time_dimension', 'granularity')
                      : {
                          ...rollup,
                          time_dimension: time,
                          granularity: rollup.granularity ?? 'day',
                        },
                  )
                }
              />
              {rollup.time_dimension && (
                <Text
                  label="Granularity"
                  value={rollup.granularity}
                  offers={grainNames}
                  hint="A unit, or several of it: 15 minutes. In UTC; an hour answers days of most zones"
                  onChange={(granularity) => change({ ...rollup, granularity })}
                />
              )}
            </Fields>
            <Box sx={{ color: 'text.secondary' }}>{rollupWords(rollup, model)}.</Box>
          </>
        )}
      </ItemList>
      {advised.length > 0 && (
        <Box component="section" aria-label="Advice on rollups" sx={{ px: 4 }}>
          <Box sx={{ typography: 'body2', color: 'text.secondary', mb: 2 }}>
            By how the model is asked, these are worth keeping
          </Box>
          <Box component="ul" sx={{ listStyle: 'none', m: 0, p: 0, display: 'grid', gap: 2 }}>
            {advised.map((advice) => (
              <AdvisedRollup
                key={advice.rollup.name}
                advice={advice}
                words={rollupWords(advice.rollup, model)}
                onTake={
                  readOnly
                    ? null
                    : () => {
                        const rollup = declared(advice.rollup, all);
                        onChange([...all, rollup]);
                        announce(`${rollup.name} was added`);
                      }
                }
              />
            ))}
          </Box>
        </Box>
      )}
    </>
  );
}

interface AdvisedRollupProps {
  advice: Advice;
  words: string;
  onTake: (() => void) | null;
}

const states: Partial<Record<Advice['state'], string>> = {
  kept: 'kept by itself, for as long as it is worth it',
  pinned: 'kept because somebody said so',
};

function AdvisedRollup({ advice, words, onTake }: AdvisedRollupProps) {
  const state = states[advice.state];
  return (
    <Box component="li" sx={{ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: 2 }}>
      <Box sx={{ flex: 1, minWidth: 200 }}>
        <Box sx={{ fontWeight: 500, overflowWrap: 'anywhere' }}>{words}</Box>
        <Box sx={{ color: 'text.secondary', overflowWrap: 'anywhere' }}>
          {[advice.reason, state].filter(Boolean).join(' \u00b7 ')}
        </Box>
      </Box>
      {onTake && (
        <Button size="small" aria-label={`Declare ${words}`} onClick={onTake}>
          Declare
        </Button>
      )}
    </Box>
  );
}
