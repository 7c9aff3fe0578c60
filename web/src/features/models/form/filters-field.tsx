// Conditions on dimensions, as chips, and the form that makes one. Groups of conditions are changed as text.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Chip from '@mui/material/Chip';
import { lazy, useContext, useMemo, useRef, useState } from 'react';
import type { MouseEvent } from 'react';
import type { Filter, Model } from '@/api/types';
import { AnchoredPanel } from '@/components/anchored-panel';
import { filterText } from '@/lib/filter-words';
import { isMemberFilter } from '@/lib/members';
import { Icon } from '@/theme/icons';
import { ReadOnly } from './fields';

const FilterEditor = lazy(() =>
  import('@/components/filter-editor').then((module) => ({ default: module.FilterEditor })),
);

export interface FiltersFieldProps {
  title: string;
  model: Model;
  filters: readonly Filter[];
  onChange: (filters: Filter[]) => void;
  /** Conditions in other words than everywhere. */
  textOf?: (filter: Filter) => string;
  /** Values that are always offered, beside those of the data. */
  offers?: readonly string[];
}

export function FiltersField(props: FiltersFieldProps) {
  const { title, model, filters, onChange, textOf, offers } = props;
  const readOnly = useContext(ReadOnly);
  const [open, setOpen] = useState<{ anchor: HTMLElement; place: number } | null>(null);
  const models = useMemo(() => [{ ...model, measures: [] }], [model]);
  const edited = open === null ? undefined : filters[open.place];
  const close = (): void => setOpen(null);
  const add = useRef<HTMLButtonElement>(null);
  return (
    <Box role="group" aria-label={title}>
      <Box aria-hidden="true" sx={{ typography: 'body2', color: 'text.secondary', mb: 1 }}>
        {title}
      </Box>
      <Box sx={{ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: 2 }}>
        {filters.map((filter, place) => {
          const words = textOf ? textOf(filter) : filterText(filter, models);
          return (
            <Chip
              // By its place: what is changed in its form stays the one that opened it.
              key={place}
              label={words}
              disabled={readOnly}
              {...(isMemberFilter(filter)
                ? {
                    onClick: (event: MouseEvent<HTMLElement>) =>
                      setOpen({ anchor: event.currentTarget, place }),
                  }
                : {})}
              onDelete={() => {
                // The next one moves up and keeps the focus; the last has none that does.
                if (place === filters.length - 1) add.current?.focus();
                onChange(filters.filter((_, index) => index !== place));
              }}
              deleteIcon={
                <Box component="span" role="button" aria-label={`Remove ${words}`}>
                  <Icon name="close" size={14} />
                </Box>
              }
            />
          );
        })}
        {!readOnly && (
          <Button
            ref={add}
            size="small"
            variant="text"
            aria-haspopup="dialog"
            startIcon={<Icon name="filter" size={16} />}
            onClick={(event) => setOpen({ anchor: event.currentTarget, place: filters.length })}
          >
            Add condition
          </Button>
        )}
      </Box>
      <AnchoredPanel label="Condition" anchor={open?.anchor ?? null} onClose={close}>
        {open !== null && (
          <FilterEditor
            everything
            models={models}
            asOf={null}
            {...(offers ? { offers } : {})}
            filter={edited && isMemberFilter(edited) ? edited : null}
            onApply={(filter) => {
              const next = [...filters];
              next[open.place] = filter;
              onChange(next);
              close();
            }}
          />
        )}
      </AnchoredPanel>
    </Box>
  );
}
