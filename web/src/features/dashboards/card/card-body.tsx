// What a card shows in each of its states.
import Button from '@mui/material/Button';
import { useContext } from 'react';
import type { QueryResult, Widget } from '@/api/types';
import type { ColorAssignments } from '@/charts/core/color-map';
import { nothingSeen } from '@/lib/access-words';
import { rangeLabel } from '@/lib/range-label';
import type { ChunkComponent } from '@/components/chunk-component';
import { EmptyState, ErrorState, LoadingState } from '@/components/states';
import { DashboardColors, useDashboard } from '../view/dashboard-context';
import { filterText } from '@/lib/filter-words';
import { reaches } from '../view/view-query';
import { rangeName } from '@/lib/time-ranges';
import { kindOf } from '@/widgets/registry';
import { readColumns, splitOf } from '@/widgets/result-columns';
import { table } from '@/widgets/table/spec';
import type { WidgetViewProps } from '@/widgets/widget-kind';
import type { CardState } from './card-state';
import type { QueryAnswer } from '@/api/use-query-result';

export interface CardBodyProps {
  widget: Widget;
  state: CardState;
  answer: QueryAnswer;
  comparison: QueryResult | null;
  asTable: boolean;
  editing: boolean;
  live: boolean;
}

export function CardBody(props: CardBodyProps) {
  const { widget, state, answer, comparison, asTable, editing, live } = props;
  const shared = useDashboard();
  const kind = kindOf(widget.kind);
  if (state.body === 'error' && answer.problem) {
    return (
      <div style={{ height: '100%', overflow: 'auto', paddingInline: asTable ? 12 : 0 }}>
        <ErrorState dense problem={answer.problem} onRetry={answer.refetch} />
      </div>
    );
  }
  if (state.body === 'loading')
    return <LoadingState height="100%" label={`Loading ${widget.title}`} />;
  if (!kind) {
    return (
      <EmptyState dense title="This card needs a newer version">
        Reload the page; the kind “{widget.kind}” is not known here.
      </EmptyState>
    );
  }
  const stored = answer.stored;
  if (!stored) return null;
  if (state.body === 'empty') return <NoRows widget={widget} result={stored.result} />;
  const View = asTable ? table.View : kind.View;
  const drawing: Omit<WidgetViewProps, 'colors'> = {
    widget,
    result: stored.result,
    comparison,
    models: shared.models,
    zone: stored.result.provenance.timezone || shared.view.zone,
    live,
    onFilter: editing ? undefined : shared.onFilter,
  };
  // A new colour on the dashboard concerns only the cards that show values in colours.
  return splitOf(readColumns(stored.result)) ? (
    <ColouredView View={View} {...drawing} />
  ) : (
    <View {...drawing} colors={noColors} />
  );
}

const noColors: ColorAssignments = {};

function ColouredView({
  View,
  ...drawing
}: Omit<WidgetViewProps, 'colors'> & { View: ChunkComponent<WidgetViewProps> }) {
  const colors = useContext(DashboardColors);
  return <View {...drawing} colors={colors} />;
}

/** Says which filter or range is the reason, and offers the way out. */
function NoRows({ widget, result }: { widget: Widget; result: QueryResult }) {
  const shared = useDashboard();
  const hidden = nothingSeen(result);
  if (hidden !== null) {
    return (
      <EmptyState dense title="No rows for you">
        {hidden}
      </EmptyState>
    );
  }
  const { view, models } = shared;
  const filters = view.filters.filter((filter) => reaches(filter, widget.query, models));
  const range = result.provenance.time_range;
  const when = range
    ? rangeLabel(Date.parse(range.from), Date.parse(range.to), result.provenance.timezone)
    : rangeName(view.range).toLowerCase();
  const ofData =
    view.range === 'all' || (typeof view.range === 'string' && view.range.endsWith(' of data'));
  return (
    <EmptyState
      dense
      title="No rows"
      action={
        <>
          {!ofData && (
            <Button size="small" onClick={shared.onJumpToLatest}>
              Jump to latest data
            </Button>
          )}
          {filters.length > 0 && (
            <Button size="small" variant="text" onClick={shared.onClearFilters}>
              Clear filters
            </Button>
          )}
        </>
      }
    >
      {filters.length > 0
        ? `Nothing matches ${filters.map((filter) => filterText(filter, models)).join(' and ')} in ${when}.`
        : `There is no data in ${when}.`}
    </EmptyState>
  );
}
