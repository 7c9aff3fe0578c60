// A cell that was opened: first its menu, then, where that was chosen, the rows behind it or where its number comes from.
import { lazy, Suspense, useState } from 'react';
import type { Model } from '@/api/types';
import { DialogPending } from '@/components/dialog-pending';
import type { ProvenanceDialogProps } from '@/components/provenance/provenance-dialog';
import { formatCalendar, within } from '@/lib/format/calendar';
import { isOnMeasure } from '@/lib/measure-filters';
import { isMemberFilter, toMember } from '@/lib/members';
import { groupTitle } from '@/lib/result-group';
import type { ExploreState } from '../state/explore-state';
import { timeOf } from '../state/fit';
import { segmentFilters } from '../query/to-query';
import type { TableModel } from '../table/table-model';
import type { Span } from './bucket-span';
import { DrillMenu } from './drill-menu';
import { rowsOf } from './rows-of';

const RowsDialog = lazy(() =>
  import('./rows-dialog').then((module) => ({ default: module.RowsDialog })),
);
const ProvenanceDialog = lazy(() =>
  import('@/components/provenance/provenance-dialog').then((module) => ({
    default: module.ProvenanceDialog,
  })),
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
  /** The answer that the cell is of. */
  about: Omit<ProvenanceDialogProps, 'onClose'>;
  change: (edit: (state: ExploreState) => ExploreState) => void;
  onClose: () => void;
}

export function Drill({ cell, table, model, state, range, about, change, onClose }: DrillProps) {
  const [opened, setOpened] = useState<'menu' | 'rows' | 'origin'>('menu');
  const group = table.groupOf(cell.row, cell.column);
  const measure = table.columns[cell.column]?.measure ?? null;
  const rows = rowsOf({
    model,
    // Which groups are shown depends on conditions on measures; which rows are in one does not.
    filters: [
      ...state.filters.filter((filter) => !(isMemberFilter(filter) && isOnMeasure(filter, model))),
      ...segmentFilters(state, model),
    ],
    group,
    measure,
    time: timeOf(state, model),
    range,
    zone: state.zone,
    dayStart: within(state.calendar, formatCalendar()).dayStart ?? 0,
    calendar: state.calendar,
    asOf: state.asOf,
  });
  if (opened === 'origin') {
    const number = { group, measure: measure === null ? null : toMember(measure, model.name) };
    return (
      <Suspense fallback={<DialogPending />}>
        <ProvenanceDialog {...about} number={number} onClose={onClose} />
      </Suspense>
    );
  }
  if (opened === 'rows' && 'query' in rows) {
    return (
      <Suspense fallback={<DialogPending />}>
        <RowsDialog
          title={groupTitle(group, state.zone)}
          query={rows.query}
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
      rowsProblem={'problem' in rows ? rows.problem : null}
      onRows={() => setOpened('rows')}
      onOrigin={() => setOpened('origin')}
      onClose={onClose}
    />
  );
}
