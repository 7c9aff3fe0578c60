// One row under the title: the time control, a chip for every filter, and the state of the data. On phones they open a
// sheet from the bottom. Nothing here waits for a chart, and no chart waits for it.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Chip from '@mui/material/Chip';
import { lazy, useRef, useState } from 'react';
import type { ReactNode } from 'react';
import type { DateRange, Filter, Grain, MemberFilter, Model } from '@/api/types';
import { AnchoredPanel } from '@/components/anchored-panel';
import { Icon } from '@/theme/icons';
import { filterText } from '@/lib/filter-words';
import { timeControlLabel } from '@/lib/time-ranges';
import { isMemberFilter } from '@/lib/members';
import type { DashboardView } from './view-query';

// The panels load when they are opened, so that the first paint of a dashboard does not wait for forms.
const FilterEditor = lazy(() =>
  import('@/components/filter-editor').then((module) => ({ default: module.FilterEditor })),
);
const TimePanel = lazy(() =>
  import('@/components/time-panel').then((module) => ({ default: module.TimePanel })),
);
const AsOfPanel = lazy(() =>
  import('./as-of-panel').then((module) => ({ default: module.AsOfPanel })),
);

export interface FilterBarProps {
  view: DashboardView;
  models: readonly Model[];
  /** Absolute dates of the current range, once an answer has told them. */
  resolved: string | null;
  probe: { measure: string; time: string } | null;
  onRange: (range: DateRange) => void;
  onGrain: (grain: Grain | null) => void;
  onFilters: (filters: Filter[]) => void;
  onAsOf: (asOf: string | null) => void;
  /** Filters differ from what the author saved. */
  changed: boolean;
  onReset: () => void;
}

type Open =
  | { what: 'time' | 'as of'; anchor: HTMLElement }
  | { what: 'filter'; anchor: HTMLElement; index: number | null };

export function FilterBar(props: FilterBarProps) {
  const { view, models, resolved } = props;
  const [open, setOpen] = useState<Open | null>(null);
  const close = (): void => setOpen(null);

  const editedIndex = open?.what === 'filter' ? open.index : null;
  const edited = editedIndex === null ? undefined : view.filters[editedIndex];
  const apply = (filter: MemberFilter): void => {
    props.onFilters(
      editedIndex === null
        ? [...view.filters, filter]
        : view.filters.map((old, index) => (index === editedIndex ? filter : old)),
    );
    close();
  };
  const add = useRef<HTMLButtonElement>(null);
  const remove = (at: number): void =>
    props.onFilters(view.filters.filter((_, index) => index !== at));

  const content: ReactNode =
    open?.what === 'time' ? (
      <TimePanel
        range={view.range}
        grain={view.grain}
        zone={view.zone}
        probe={props.probe}
        asOf={view.asOf}
        onRange={(range) => {
          props.onRange(range);
          close();
        }}
        onGrain={props.onGrain}
      />
    ) : open?.what === 'as of' ? (
      <AsOfPanel
        asOf={view.asOf}
        zone={view.zone}
        models={models}
        onAsOf={(asOf) => {
          props.onAsOf(asOf);
          close();
        }}
      />
    ) : open?.what === 'filter' ? (
      <FilterEditor
        models={models}
        asOf={view.asOf}
        filter={edited && isMemberFilter(edited) ? edited : null}
        onApply={apply}
        onRemove={
          editedIndex === null
            ? undefined
            : () => {
                remove(editedIndex);
                close();
              }
        }
      />
    ) : null;
  const label =
    open === null
      ? 'Filter'
      : { time: 'Time', 'as of': 'Time travel', filter: 'Filter' }[open.what];

  return (
    <Box
      component="section"
      aria-label="Time and filters"
      tabIndex={-1}
      sx={{ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: 2, mb: 4 }}
    >
      <Button
        aria-haspopup="dialog"
        aria-expanded={open?.what === 'time'}
        onClick={(event) => setOpen({ what: 'time', anchor: event.currentTarget })}
        startIcon={<Icon name="calendar" size={16} />}
        endIcon={<Icon name="down" size={14} />}
        data-testid="time-control"
        sx={{ textAlign: 'left', maxWidth: '100%' }}
      >
        <Box
          component="span"
          sx={{ overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' }}
        >
          {timeControlLabel(view.range, view.grain, view.zone)}
        </Box>
      </Button>
      {resolved && (
        <Box
          data-testid="resolved-range"
          // On a phone in a line of its own, so that the buttons after it share one.
          sx={{
            typography: 'body2',
            color: 'text.secondary',
            mr: 1,
            flexBasis: { xs: '100%', sm: 'auto' },
          }}
        >
          {resolved}
        </Box>
      )}
      {view.filters.map((filter, index) => (
        <Chip
          // By its place: the next one moves up, and what had the focus keeps it.
          key={index}
          label={filterText(filter, models)}
          variant="outlined"
          {...(isMemberFilter(filter)
            ? {
                onClick: (event: { currentTarget: HTMLElement }) =>
                  setOpen({ what: 'filter', anchor: event.currentTarget, index }),
              }
            : {})}
          onDelete={() => {
            if (index === view.filters.length - 1) add.current?.focus();
            remove(index);
          }}
          deleteIcon={
            <Box
              component="span"
              aria-label={`Remove filter ${filterText(filter, models)}`}
              sx={{ display: 'inline-flex' }}
            >
              <Icon name="close" size={14} />
            </Box>
          }
          sx={{
            height: 32,
            bgcolor: 'surface.accentSoft',
            borderColor: 'transparent',
            maxWidth: 320,
            '@media (pointer: coarse)': { height: 44, borderRadius: 22 },
          }}
        />
      ))}
      <Button
        ref={add}
        data-paper="none"
        variant="text"
        aria-haspopup="dialog"
        onClick={(event) => setOpen({ what: 'filter', anchor: event.currentTarget, index: null })}
        startIcon={<Icon name="filter" size={16} />}
      >
        Add filter
      </Button>
      <Button
        data-paper="none"
        variant="text"
        aria-haspopup="dialog"
        aria-expanded={open?.what === 'as of'}
        onClick={(event) => setOpen({ what: 'as of', anchor: event.currentTarget })}
        startIcon={<Icon name="clock" size={16} />}
      >
        Time travel
      </Button>
      {props.changed && (
        <Button data-paper="none" variant="text" onClick={props.onReset}>
          Reset
        </Button>
      )}
      <AnchoredPanel label={label} anchor={open?.anchor ?? null} onClose={close}>
        {content}
      </AnchoredPanel>
    </Box>
  );
}
