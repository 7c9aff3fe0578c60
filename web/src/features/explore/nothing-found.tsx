// No rows: which range, filters or access policies are the reason, and the way out of each.
import Button from '@mui/material/Button';
import type { Model, QueryResult } from '@/api/types';
import { EmptyState } from '@/components/states';
import { nothingSeen } from '@/lib/access-words';
import { filterText } from '@/lib/filter-words';
import { rangeName } from '@/lib/time-ranges';
import type { ExploreState } from './state/explore-state';
import { resolvedRange } from './state/resolved-range';
import { qualify } from './state/url-state';

export interface NothingFoundProps {
  model: Model;
  state: ExploreState;
  result: QueryResult;
  change: (edit: (state: ExploreState) => ExploreState) => void;
}

export default function NothingFound({ model, state, result, change }: NothingFoundProps) {
  const hidden = nothingSeen(result);
  if (hidden !== null) return <EmptyState title="No rows for you">{hidden}</EmptyState>;
  const when = resolvedRange(result) ?? rangeName(state.range).toLowerCase();
  const filters = [
    ...state.filters.map((filter) => filterText(qualify(filter, model.name), [model])),
    ...(model.segments ?? [])
      .filter(({ name }) => state.segments.includes(name))
      .map(({ label }) => `“${label}”`),
  ];
  const ofData =
    state.range === 'all' || (typeof state.range === 'string' && state.range.endsWith(' of data'));
  return (
    <EmptyState
      title="No rows"
      action={
        <>
          {!ofData && (
            <Button onClick={() => change((old) => ({ ...old, range: 'last 90 days of data' }))}>
              Jump to latest data
            </Button>
          )}
          {filters.length > 0 && (
            <Button
              variant="text"
              onClick={() => change((old) => ({ ...old, filters: [], segments: [] }))}
            >
              Clear filters
            </Button>
          )}
        </>
      }
    >
      {filters.length > 0
        ? `Nothing matches ${filters.join(' and ')} in ${when}.`
        : `There is no data in ${when}.`}
    </EmptyState>
  );
}
