// The answer as a table, in its card: under it how many rows there are, whose numbers these are, and more of them.
import Button from '@mui/material/Button';
import { useState } from 'react';
import type { StoredResult } from '@/api/result-store';
import type { Model, SemanticQuery } from '@/api/types';
import { AnswerCard } from '@/components/answer-card';
import { provenanceLine } from '@/components/provenance/provenance-line';
import { MOST_ROWS } from '@/lib/asked-state';
import { formatCount } from '@/lib/format';
import { isOnMeasure } from '@/lib/measure-filters';
import { Drill } from '../drill/drill';
import type { OpenCell } from '../drill/drill';
import { limitOf } from '../query/to-query';
import type { ExploreResults } from '../query/use-explore-results';
import type { ExploreState } from '../state/explore-state';
import { toggleOrder } from '../state/explore-state';
import { ResultTable } from './result-table';
import { withoutTotal } from './table-model';
import { useTable } from './use-table';

export interface TableCardProps {
  title: string;
  model: Model;
  state: ExploreState;
  results: ExploreResults;
  /** The answer that is there; of an earlier question while the main one is outdated. */
  stored: StoredResult;
  query: SemanticQuery;
  change: (edit: (state: ExploreState) => ExploreState) => void;
}

export default function TableCard(props: TableCardProps) {
  const { title, model, state, results, stored, query, change } = props;
  const { result } = stored;
  const { provenance } = result;
  const { outdated, requestId } = results.main;
  const [cell, setCell] = useState<OpenCell | null>(null);
  const table = useTable(result, results, state, model);
  const turned = state.pivot !== null;
  const totalless = withoutTotal(result);
  const named = table.others?.from ?? table.rowCount;
  const notes = [
    named < table.rowCount ? 'and all other values together' : null,
    result.others || query.top == null || table.footer === null
      ? null
      : 'totals are those of all values',
    table.note,
    turned && provenance.truncated
      ? `made of the first ${formatCount(result.row_count, 'group')} only`
      : null,
    state.filters.some((filter) => isOnMeasure(filter, model))
      ? 'No totals: a condition on a measure leaves groups out'
      : totalless.length > 0
        ? `No total of ${totalless.join(', ')}`
        : null,
  ];
  const about = {
    title,
    provenance,
    columns: result.columns,
    data: result.data,
    query,
    confirmedAt: stored.confirmedAt,
    requestId,
    before: results.compares ? (results.beforeProblem ?? results.before?.provenance ?? null) : null,
  };
  return (
    <AnswerCard
      outdated={outdated}
      about={about}
      rows={{
        shown: named,
        total: turned ? null : provenance.total_rows,
        note: [provenanceLine(provenance), ...notes].filter(Boolean).join(' \u00b7 '),
      }}
      actions={
        provenance.truncated && (
          <Button
            size="small"
            variant="text"
            onClick={() =>
              change((old) => ({ ...old, limit: Math.min(MOST_ROWS, limitOf(old) * 10) }))
            }
          >
            More rows
          </Button>
        )
      }
    >
      <ResultTable
        title={title}
        table={table}
        state={state}
        zone={provenance.timezone}
        onOrder={(name) => change((old) => toggleOrder(old, name))}
        onCell={(row, column, anchor) => {
          if (!outdated) setCell({ row, column, anchor });
        }}
      />
      {cell !== null && !outdated && (
        <Drill
          cell={cell}
          table={table}
          model={model}
          state={state}
          range={provenance.time_range}
          about={about}
          change={change}
          onClose={() => setCell(null)}
        />
      )}
    </AnswerCard>
  );
}
