// What is chosen, as chips that take it away again; that of a dimension opens how many of its values are told apart. A chip
// that the engine refuses says why.
import Box from '@mui/material/Box';
import { useState } from 'react';
import type { Model } from '@/api/types';
import { chunkComponent } from '@/components/chunk-component';
import type { TopFieldsProps } from '@/components/top-fields';
import { AnchoredPanel } from '@/components/anchored-panel';
import { topOf, topQuestionOf } from '../query/around';
import type { PlacedProblems } from '../query/field-places';
import type { ExploreState } from '../state/explore-state';
import { isEmpty, toggleDimension, toggleMeasure } from '../state/explore-state';
import { ClosableChip } from './closable-chip';
import { FieldError } from './field-error';

const TopPanel = chunkComponent<TopFieldsProps>(() => import('./top-panel'));

export interface ChosenFieldsProps {
  model: Model;
  state: ExploreState;
  problems: PlacedProblems;
  change: (edit: (state: ExploreState) => ExploreState) => void;
}

export function ChosenFields({ model, state, problems, change }: ChosenFieldsProps) {
  const labelOf = (name: string): string =>
    [...model.measures, ...model.dimensions].find((entry) => entry.name === name)?.label ?? name;
  const rows = [
    {
      title: 'Measures',
      what: 'measure' as const,
      names: state.measures,
      toggle: toggleMeasure,
    },
    {
      title: 'Dimensions',
      what: 'dimension' as const,
      names: state.dimensions,
      toggle: toggleDimension,
    },
  ];
  const [open, setOpen] = useState<{ anchor: HTMLElement; name: string } | null>(null);
  const top = topOf(state, model);
  const chosenOf = (name: string) => (top?.dimension === name ? top : null);
  const wordsOf = (name: string): string => {
    const chosen = chosenOf(name);
    if (chosen === null) return labelOf(name);
    return `${labelOf(name)}: top ${chosen.limit}${chosen.others ? ' + Other' : ''}`;
  };
  if (isEmpty(state)) return null;
  return (
    <Box sx={{ display: 'flex', flexWrap: 'wrap', columnGap: 6, rowGap: 2 }}>
      {rows
        .filter(({ names }) => names.length > 0)
        .map(({ title, what, names, toggle }) => (
          <Box
            key={title}
            role="group"
            aria-label={`Chosen ${title.toLowerCase()}`}
            data-removals
            sx={{ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: 1.5 }}
          >
            <Box aria-hidden="true" sx={{ typography: 'body2', color: 'text.secondary' }}>
              {title}
            </Box>
            {names.map((name, index) => {
              const problem =
                problems.at(what, index) ??
                (what === 'dimension' && chosenOf(name) ? problems.at('top') : undefined);
              return (
                <Box key={index} sx={{ maxWidth: '100%' }}>
                  <ClosableChip
                    label={what === 'dimension' ? wordsOf(name) : labelOf(name)}
                    removal={`Remove ${labelOf(name)}`}
                    invalid={problem !== undefined}
                    menu
                    onOpen={
                      what === 'dimension' ? (anchor) => setOpen({ anchor, name }) : undefined
                    }
                    onRemove={() => change((old) => toggle(old, name))}
                  />
                  <FieldError>{problem}</FieldError>
                </Box>
              );
            })}
          </Box>
        ))}
      <AnchoredPanel label="Values" anchor={open?.anchor ?? null} onClose={() => setOpen(null)}>
        {open !== null && (
          <TopPanel
            dimension={labelOf(open.name)}
            chosen={chosenOf(open.name)}
            obstacle={topQuestionOf(state, model).obstacle}
            onChoose={(chosen) =>
              change((old) => ({
                ...old,
                top: chosen === null ? 'all' : { dimension: open.name, ...chosen },
              }))
            }
          />
        )}
      </AnchoredPanel>
    </Box>
  );
}
