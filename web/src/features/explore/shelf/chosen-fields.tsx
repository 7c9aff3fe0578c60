// What is chosen, as chips that take it away again. A chip that the engine refuses says why.
import Box from '@mui/material/Box';
import type { Model } from '@/api/types';
import type { PlacedProblems } from '../query/field-places';
import type { ExploreState } from '../state/explore-state';
import { isEmpty, toggleDimension, toggleMeasure } from '../state/explore-state';
import { ClosableChip } from './closable-chip';
import { FieldError } from './field-error';

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
            sx={{ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: 1.5 }}
          >
            <Box aria-hidden="true" sx={{ typography: 'body2', color: 'text.secondary' }}>
              {title}
            </Box>
            {names.map((name, index) => {
              const problem = problems.at(what, index);
              return (
                <Box key={name} sx={{ maxWidth: '100%' }}>
                  <ClosableChip
                    label={labelOf(name)}
                    removal={`Remove ${labelOf(name)}`}
                    invalid={problem !== undefined}
                    onRemove={() => change((old) => toggle(old, name))}
                  />
                  <FieldError>{problem}</FieldError>
                </Box>
              );
            })}
          </Box>
        ))}
    </Box>
  );
}
