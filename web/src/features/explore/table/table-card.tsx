// The answer as a table, in its card: under it how many rows there are, whose numbers these are, and more of them.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { lazy, Suspense, useState } from 'react';
import type { StoredResult } from '@/api/result-store';
import type { Model, SemanticQuery } from '@/api/types';
import { RowCountLine } from '@/components/data-table';
import { provenanceLine } from '@/components/provenance/provenance-words';
import { formatCount } from '@/lib/format';
import { Icon } from '@/theme/icons';
import { Drill } from '../drill/drill';
import type { OpenCell } from '../drill/drill';
import { isOnMeasure, limitOf, withoutTotal } from '../query/to-query';
import type { ExploreResults } from '../query/use-explore-results';
import type { ExploreState } from '../state/explore-state';
import { MOST_ROWS, toggleOrder } from '../state/explore-state';
import { ResultTable } from './result-table';
import { useTable } from './use-table';

const ProvenanceDialog = lazy(() =>
  import('@/components/provenance/provenance-dialog').then((module) => ({
    default: module.ProvenanceDialog,
  })),
);

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
  const [about, setAbout] = useState(false);
  const table = useTable(result, results, state, model);
  const turned = state.pivot !== null;
  const totalless = withoutTotal(state, model);
  const notes = [
    table.note,
    turned && provenance.truncated
      ? `made of the first ${formatCount(result.row_count, 'group')} only`
      : null,
    table.footer !== null && state.filters.some((filter) => isOnMeasure(filter, model))
      ? 'Totals include the groups that conditions on measures leave out'
      : null,
    totalless.length > 0 ? `No total of ${totalless.join(', ')}` : null,
  ];
  return (
    <Box
      sx={{
        border: 1,
        borderColor: 'divider',
        borderRadius: 1,
        bgcolor: 'background.paper',
        overflow: 'hidden',
        opacity: outdated ? 0.6 : 1,
      }}
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
      <Box sx={{ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: 2, pr: 2 }}>
        <Box sx={{ flex: 1, minWidth: 220 }}>
          <RowCountLine
            shown={table.rowCount}
            total={turned ? null : provenance.total_rows}
            note={[provenanceLine(provenance), ...notes].filter(Boolean).join(' \u00b7 ')}
          />
        </Box>
        {provenance.truncated && (
          <Button
            size="small"
            variant="text"
            onClick={() =>
              change((old) => ({ ...old, limit: Math.min(MOST_ROWS, limitOf(old) * 10) }))
            }
          >
            More rows
          </Button>
        )}
        <Button
          size="small"
          variant="text"
          aria-haspopup="dialog"
          onClick={() => setAbout(true)}
          startIcon={<Icon name="info" size={16} />}
        >
          Where does this come from?
        </Button>
      </Box>
      {cell !== null && !outdated && (
        <Drill
          cell={cell}
          table={table}
          model={model}
          state={state}
          range={provenance.time_range}
          change={change}
          onClose={() => setCell(null)}
        />
      )}
      {about && (
        <Suspense fallback={null}>
          <ProvenanceDialog
            title={title}
            provenance={provenance}
            columns={result.columns}
            query={query}
            confirmedAt={stored.confirmedAt}
            requestId={requestId}
            onClose={() => setAbout(false)}
          />
        </Suspense>
      )}
    </Box>
  );
}
