// A cell that was opened: first its menu, then, where that was chosen, the rows behind it.
import { lazy, Suspense, useState } from 'react';
import type { Model } from '@/api/types';
import { isOnMeasure } from '@/lib/measure-filters';
import { isMemberFilter } from '@/lib/members';
import type { ExploreState } from '../state/explore-state';
import { timeOf } from '../state/fit';
import { segmentFilters } from '../query/to-query';
import type { TableModel } from '../table/table-model';
import type { Span } from './bucket-span';
import { DrillMenu, groupTitle } from './drill-menu';
import { rowsSql } from './rows-sql';

const RowsDialog = lazy(() =>
  import('./rows-dialog').then((module) => ({ default: module.RowsDialog })),
);

export interface OpenCell {
  row: number;
  column: number;
  anchor: HTMLElement;
}

export interface DrillProps {
  cell: OpenCell;
  table: TableModel;
  model: Model;
  state: ExploreState;
  /** That of the answer. */
  range: Span | null;
  change: (edit: (state: ExploreState) => ExploreState) => void;
  onClose: () => void;
}

export function Drill({ cell, table, model, state, range, change, onClose }: DrillProps) {
  const [listing, setListing] = useState(false);
  const group = table.groupOf(cell.row, cell.column);
  const statement = rowsSql({
    model,
    // Which groups are shown depends on conditions on measures; which rows are in one does not.
    filters: [
      ...state.filters.filter((filter) => !(isMemberFilter(filter) && isOnMeasure(filter, model))),
      ...segmentFilters(state, model),
    ],
    group,
    measure: table.columns[cell.column]?.measure ?? null,
    time: timeOf(state, model),
    range,
    zone: state.zone,
  });
  if (listing && 'sql' in statement) {
    return (
      <Suspense fallback={null}>
        <RowsDialog
          title={groupTitle(group, state.zone)}
          model={model}
          sql={statement.sql}
          asOf={state.asOf}
          zone={state.zone}
          onClose={onClose}
        />
      </Suspense>
    );
  }
  return (
    <DrillMenu
      anchor={cell.anchor}
      group={group}
      model={model}
      state={state}
      range={range}
      change={change}
      rowsProblem={'problem' in statement ? statement.problem : null}
      onRows={() => setListing(true)}
      onClose={onClose}
    />
  );
}
