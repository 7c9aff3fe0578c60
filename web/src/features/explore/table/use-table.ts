// The table of the answers that are here.
import { useMemo } from 'react';
import type { Model, QueryResult } from '@/api/types';
import { toMember } from '@/lib/members';
import { withJoinedLabels } from '../query/joined-labels';
import type { ExploreResults } from '../query/use-explore-results';
import type { ExploreState } from '../state/explore-state';
import { flatTable } from './flat-table';
import { isAcross, pivotTable } from './pivot-table';
import type { TableModel } from './table-model';

export function useTable(
  answer: QueryResult,
  results: ExploreResults,
  state: ExploreState,
  model: Model,
): TableModel {
  const { before } = results;
  const { pivot, compare, zone, range } = state;
  const result = useMemo(() => withJoinedLabels(answer, model), [answer, model]);
  return useMemo(() => {
    if (pivot !== null && isAcross(pivot, model.name, result)) {
      const across = toMember(pivot, model.name);
      const table = pivotTable({ model: model.name, result, across, zone });
      if (table !== null) {
        const note = compare ? 'The comparison is not part of a table with values across' : null;
        return { ...table, note: [table.note, note].filter(Boolean).join(' · ') || null };
      }
    }
    return flatTable({
      model: model.name,
      result,
      before,
      compare: compare && range !== 'all',
      zone,
    });
  }, [result, before, pivot, compare, zone, range, model.name]);
}
