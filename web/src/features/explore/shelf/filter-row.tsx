// The filters as chips, and the form that makes or changes one.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { lazy, useMemo, useState } from 'react';
import type { Filter, Model } from '@/api/types';
import { AnchoredPanel } from '@/components/anchored-panel';
import { filterText } from '@/lib/filter-words';
import { isMemberFilter, toMember } from '@/lib/members';
import { offered } from '@/lib/offered';
import { Icon } from '@/theme/icons';
import type { PlacedProblems } from '../query/field-places';
import type { ExploreState } from '../state/explore-state';
import { qualify, unqualify } from '../state/url-state';
import { toggleSegment } from '../state/explore-state';
import { ClosableChip } from './closable-chip';
import { FieldError } from './field-error';
import { ToggleChip } from './toggle-chip';

const FilterEditor = lazy(() =>
  import('@/components/filter-editor').then((module) => ({ default: module.FilterEditor })),
);

export interface FilterRowProps {
  model: Model;
  state: ExploreState;
  problems: PlacedProblems;
  change: (edit: (state: ExploreState) => ExploreState) => void;
}

export function FilterRow({ model, state, problems, change }: FilterRowProps) {
  const [open, setOpen] = useState<{ anchor: HTMLElement; index: number | null } | null>(null);
  const models = useMemo(() => [model], [model]);
  const filters = state.filters.map((filter) => qualify(filter, model.name));
  const edited = open === null || open.index === null ? undefined : filters[open.index];
  const close = (): void => setOpen(null);
  const set = (next: (old: Filter[]) => Filter[]): void =>
    change((old) => ({ ...old, filters: next(old.filters) }));
  return (
    <Box
      role="group"
      aria-label="Filters"
      data-removals
      sx={{ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: 1.5 }}
    >
      <Box aria-hidden="true" sx={{ typography: 'body2', color: 'text.secondary' }}>
        Filters
      </Box>
      {filters.map((filter, index) => {
        const text = filterText(filter, models);
        const problem = problems.at('filter', index);
        return (
          <Box key={index} sx={{ maxWidth: '100%' }}>
            <ClosableChip
              label={text}
              removal={`Remove filter ${text}`}
              invalid={problem !== undefined}
              onOpen={isMemberFilter(filter) ? (anchor) => setOpen({ anchor, index }) : undefined}
              onRemove={() => set((old) => old.filter((_, place) => place !== index))}
            />
            <FieldError>{problem}</FieldError>
          </Box>
        );
      })}
      {offered(model.segments ?? [], ...state.segments).map(({ name, label }) => {
        const place = state.segments.indexOf(name);
        const problem = place < 0 ? undefined : problems.at('segment', place);
        return (
          <Box key={`segment ${name}`} sx={{ maxWidth: '100%' }}>
            <ToggleChip
              label={label}
              pressed={place >= 0}
              invalid={problem !== undefined}
              onToggle={() => change((old) => toggleSegment(old, name))}
            />
            <FieldError>{problem}</FieldError>
          </Box>
        );
      })}
      <Button
        size="small"
        variant="text"
        aria-haspopup="dialog"
        onClick={(event) => setOpen({ anchor: event.currentTarget, index: null })}
        startIcon={<Icon name="filter" size={16} />}
      >
        Add filter
      </Button>
      <AnchoredPanel label="Filter" anchor={open?.anchor ?? null} onClose={close}>
        {open !== null && (
          <FilterEditor
            everything
            models={models}
            asOf={state.asOf}
            filter={edited && isMemberFilter(edited) ? edited : null}
            startWith={
              state.dimensions[0] === undefined
                ? undefined
                : toMember(state.dimensions[0], model.name)
            }
            onApply={(filter) => {
              const short = unqualify(filter, model.name);
              set((old) =>
                open.index === null
                  ? [...old, short]
                  : old.map((entry, index) => (index === open.index ? short : entry)),
              );
              close();
            }}
            onRemove={
              open.index === null
                ? undefined
                : () => {
                    set((old) => old.filter((_, index) => index !== open.index));
                    close();
                  }
            }
          />
        )}
      </AnchoredPanel>
    </Box>
  );
}
