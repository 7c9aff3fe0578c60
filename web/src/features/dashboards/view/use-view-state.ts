// The view of a dashboard: what the address says, else what the author saved. Filters and ranges push
// a history entry, so that Back undoes a click.
import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'react-router';
import type { Cell, DashboardDefinition, DateRange, Filter, Grain, Model } from '@/api/types';
import { toggleValue } from '@/lib/filter-words';
import { namedIn } from './named-in';
import { readView, writeView } from './url-state';
import type { ViewState } from './url-state';
import { viewOf } from './view-query';
import type { DashboardView } from './view-query';

export interface ViewControls {
  view: DashboardView;
  /** Time or filters differ from what is saved; the state of the data is no part of a dashboard. */
  changed: boolean;
  setRange: (range: DateRange) => void;
  setGrain: (grain: Grain | null) => void;
  setFilters: (filters: Filter[]) => void;
  toggleFilter: (member: string, value: Cell) => void;
  setAsOf: (asOf: string | null) => void;
  reset: () => void;
}

export function useViewState(
  definition: DashboardDefinition,
  models: readonly Model[],
): ViewControls {
  const [params, setParams] = useSearchParams();
  const state = useMemo(() => readView(params), [params]);
  const { time, filters, timezone, calendar } = definition;
  const view = useMemo(
    () => viewOf({ time, filters, timezone, calendar }, state),
    [state, time, filters, timezone, calendar],
  );
  const change = useCallback(
    (next: Partial<ViewState>) => setParams((old) => writeView(old, { ...readView(old), ...next })),
    [setParams],
  );
  return {
    view,
    changed: state.range !== null || state.grain !== undefined || state.filters !== null,
    setRange: useCallback((range: DateRange) => change({ range }), [change]),
    setGrain: useCallback((grain: Grain | null) => change({ grain }), [change]),
    setFilters: useCallback((next: Filter[]) => change({ filters: next }), [change]),
    toggleFilter: useCallback(
      (member: string, value: Cell) =>
        setParams((old) => {
          const now = readView(old);
          const shown = now.filters ?? filters ?? [];
          return writeView(old, {
            ...now,
            filters: toggleValue(shown, namedIn(shown, member, models), value),
          });
        }),
      [setParams, filters, models],
    ),
    setAsOf: useCallback((asOf: string | null) => change({ asOf }), [change]),
    reset: useCallback(() => change({ range: null, grain: undefined, filters: null }), [change]),
  };
}
