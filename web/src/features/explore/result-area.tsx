// The answer: picture and table, or why there is none. What is there stays while it is asked anew.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { lazy, Suspense, useState } from 'react';
import type { Model } from '@/api/types';
import { RowCountLine } from '@/components/data-table';
import { provenanceLine } from '@/components/provenance/provenance-words';
import { RunningLine } from '@/components/running-line';
import { EmptyState, ErrorState, LoadingState, RefreshLine } from '@/components/states';
import { toggleValue } from '@/lib/filter-words';
import { formatCount } from '@/lib/format';
import { Icon } from '@/theme/icons';
import { ChartKindField, ExploreChart } from './chart/explore-chart';
import { drawnKind } from './chart/chart-kinds';
import { Drill } from './drill/drill';
import type { OpenCell } from './drill/drill';
import { NothingFound } from './nothing-found';
import type { PlacedProblems } from './query/field-places';
import { isOnMeasure, limitOf } from './query/to-query';
import type { ExploreResults } from './query/use-explore-results';
import { titleOf } from './save/to-widget';
import type { ExploreState } from './state/explore-state';
import { toggleOrder } from './state/explore-state';
import { ResultTable } from './table/result-table';
import { shortName } from './table/table-model';
import { useTable } from './table/use-table';

const ProvenanceDialog = lazy(() =>
  import('@/components/provenance/provenance-dialog').then((module) => ({
    default: module.ProvenanceDialog,
  })),
);

export interface ResultAreaProps {
  model: Model;
  state: ExploreState;
  results: ExploreResults;
  problems: PlacedProblems;
  change: (edit: (state: ExploreState) => ExploreState) => void;
}

const card = {
  position: 'relative',
  border: 1,
  borderColor: 'divider',
  borderRadius: 1,
  bgcolor: 'background.paper',
} as const;

export function ResultArea({ model, state, results, problems, change }: ResultAreaProps) {
  const [cell, setCell] = useState<OpenCell | null>(null);
  const [about, setAbout] = useState(false);
  const { main, query } = results;
  const { stored, problem, pending, outdated } = main;
  const result = stored?.result ?? null;
  const table = useTable(result, results, state, model);
  const title = titleOf(state, model);
  // An old picture drawn by a new choice would show one thing and say another.
  const drawable = result !== null && !outdated;
  const kind = drawnKind(state);

  if (problem && !pending && (result === null || outdated)) {
    return problem.code === 'aborted' ? (
      <Box component="section" aria-label="Answer" sx={card}>
        <EmptyState
          title="The question was taken back"
          action={<Button onClick={main.refetch}>Ask it</Button>}
        >
          It was cancelled before the answer came.
        </EmptyState>
      </Box>
    ) : problems.any && problems.elsewhere.length === 0 ? (
      <Box component="section" aria-label="Answer" sx={card}>
        <EmptyState icon="warning" title="This cannot be asked yet">
          What is wrong stands at the marked fields above.
        </EmptyState>
      </Box>
    ) : (
      <Box component="section" aria-label="Answer">
        <ErrorState problem={problem} onRetry={main.refetch} />
      </Box>
    );
  }
  if (result === null || table === null || query === null || stored === null) {
    return (
      <Box component="section" aria-label="Answer" sx={{ ...card, p: 4 }}>
        <RunningLine running={pending} onCancel={results.cancel} />
        <LoadingState height={320} label={`Loading ${title}`} />
      </Box>
    );
  }
  const { provenance } = result;
  const turned = state.pivot !== null;
  const notes = [
    table.note,
    turned && provenance.truncated
      ? `made of the first ${formatCount(result.row_count, 'group')} only`
      : null,
    state.filters.some((filter) => isOnMeasure(filter, model)) && table.footer !== null
      ? 'Totals include the groups that conditions on measures leave out'
      : null,
  ];
  return (
    <Box
      component="section"
      aria-label="Answer"
      aria-busy={pending}
      sx={{ display: 'grid', gap: 3 }}
    >
      <Box sx={{ ...card, p: 4 }}>
        <Box sx={{ position: 'absolute', inset: '0 0 auto 0' }}>
          <RefreshLine active={pending} label={`Asking ${title}`} />
        </Box>
        <Box sx={{ display: 'flex', flexWrap: 'wrap', alignItems: 'flex-start', gap: 3, mb: 2 }}>
          <Box component="h2" sx={{ m: 0, flex: 1, minWidth: 160, typography: 'h2' }}>
            {title}
          </Box>
          <RunningLine running={pending} onCancel={results.cancel} />
          <ChartKindField
            state={state}
            drawn={kind}
            onKind={(chart) => change((old) => ({ ...old, chart }))}
          />
        </Box>
        {result.row_count === 0 ? (
          <NothingFound model={model} state={state} result={result} change={change} />
        ) : !drawable ? (
          <LoadingState height={320} label={`Loading ${title}`} />
        ) : kind === 'table' ? null : (
          <ExploreChart
            title={title}
            kind={kind}
            state={state}
            model={model}
            result={result}
            before={results.before}
            onFilter={(member, value) =>
              change((old) => ({
                ...old,
                filters: toggleValue(old.filters, shortName(member), value),
              }))
            }
          />
        )}
      </Box>
      {result.row_count > 0 && (
        <Box sx={{ ...card, overflow: 'hidden', opacity: outdated ? 0.6 : 1 }}>
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
                note={[provenanceLine(provenance), ...notes].filter(Boolean).join(' · ')}
              />
            </Box>
            {provenance.truncated && (
              <Button
                size="small"
                variant="text"
                onClick={() =>
                  change((old) => ({ ...old, limit: Math.min(50_000, limitOf(old) * 10) }))
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
        </Box>
      )}
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
            requestId={main.requestId}
            onClose={() => setAbout(false)}
          />
        </Suspense>
      )}
    </Box>
  );
}
