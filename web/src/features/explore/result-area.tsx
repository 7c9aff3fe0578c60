// The answer: picture and table, or why there is none. What is there stays while it is asked anew.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import IconButton from '@mui/material/IconButton';
import { Suspense, useEffect, useRef, useState } from 'react';
import type { Model } from '@/api/types';
import { announce } from '@/components/announcer';
import { chunkComponent } from '@/components/chunk-component';
import { useDownloadPicture } from '@/charts/picture/download-picture';
import { RunningLine } from '@/components/running-line';
import { EmptyState, ErrorState, LoadingState, RefreshLine } from '@/components/states';
import { nothingSeen } from '@/lib/access-words';
import { formatCount } from '@/lib/format';
import { fromMember } from '@/lib/members';
import { hasOnlyGaps } from '@/lib/missing-buckets';
import { toggleValue } from '@/lib/filter-words';
import { Icon } from '@/theme/icons';
import { ChartKindField, ExploreChart } from './chart/explore-chart';
import { drawnKind } from './chart/chart-kinds';
import type { Mark, MarkMenuProps } from './chart/mark-menu';
import type { NothingFoundProps } from './nothing-found';
import type { PlacedProblems } from './query/field-places';
import type { ExploreResults } from './query/use-explore-results';
import type { ExploreState } from './state/explore-state';
import { titleOf } from './state/title';
import type { TableCardProps } from './table/table-card';

// Most answers have rows.
const NothingFound = chunkComponent<NothingFoundProps>(() => import('./nothing-found'));
const MarkMenu = chunkComponent<MarkMenuProps>(() => import('./chart/mark-menu'));
// With everything that a table needs; fetched beside the answer that it shows.
const TableCard = chunkComponent<TableCardProps>(() => import('./table/table-card'));
// What does not come is asked for again, and complained about, where it is drawn.
export const preloadTable = (): void => void TableCard.preload().catch(() => undefined);

/** Whether something lies within the values of a dimension. */
const leadsDown = (model: Model, name: string): boolean =>
  (model.hierarchies ?? []).some(({ levels }) =>
    levels.slice(0, -1).some((level) => fromMember(level, model.name) === name),
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
  const { main, query } = results;
  const { stored, problem, pending, outdated } = main;
  const result = stored?.result ?? null;
  const title = titleOf(state, model);
  // Who does not look has no other sign that what they chose was answered.
  const answered =
    pending || outdated || result === null ? null : formatCount(result.row_count, 'row');
  useEffect(() => {
    if (answered !== null) announce(`${title}: ${answered}`);
  }, [title, answered]);
  const [mark, setMark] = useState<Mark | null>(null);
  const pressed = useRef<Mark['at']>({ left: 0, top: 0 });
  // An old picture drawn by a new choice would show one thing and say another.
  const isDrawable = result !== null && !outdated;
  const drawing = useRef<HTMLDivElement>(null);
  const picture = useDownloadPicture();
  const kind = drawnKind(state, model);
  const isEmpty =
    result !== null &&
    (result.row_count === 0 ||
      nothingSeen(result) !== null ||
      (query !== null && !outdated && hasOnlyGaps(result, query)));
  const isDrawn = isDrawable && !isEmpty && kind !== 'table';

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
  if (result === null || query === null || stored === null) {
    return (
      <Box component="section" aria-label="Answer" sx={{ ...card, p: 4 }}>
        <RunningLine running={pending} onCancel={results.cancel} />
        <LoadingState height={320} label={`Loading ${title}`} />
      </Box>
    );
  }
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
            model={model}
            drawn={kind}
            onKind={(chart) => change((old) => ({ ...old, chart }))}
          />
          {isDrawn && (
            <IconButton
              aria-label="Download picture"
              title="Download picture"
              onClick={() => void picture({ element: drawing.current, title })}
            >
              <Icon name="image" />
            </IconButton>
          )}
        </Box>
        {results.beforeProblem !== null && (
          <Box role="status" sx={{ typography: 'caption', color: 'warning.main', mb: 2 }}>
            Not compared with before: {results.beforeProblem.title}{' '}
            <Button size="small" variant="text" onClick={results.compareAgain}>
              Compare again
            </Button>
          </Box>
        )}
        {isEmpty ? (
          <Suspense fallback={<LoadingState height={160} label={`Loading ${title}`} />}>
            <NothingFound model={model} state={state} result={result} change={change} />
          </Suspense>
        ) : !isDrawable ? (
          <LoadingState height={320} label={`Loading ${title}`} />
        ) : kind === 'table' ? null : (
          <Box
            ref={drawing}
            onPointerDownCapture={({ clientX: left, clientY: top }) => {
              pressed.current = { left, top };
            }}
            onKeyDownCapture={({ currentTarget }) => {
              const { left, top, width, height } = currentTarget.getBoundingClientRect();
              pressed.current = { left: left + width / 2, top: top + height / 2 };
            }}
          >
            <ExploreChart
              title={title}
              kind={kind}
              state={state}
              model={model}
              result={result}
              before={results.before}
              onFilter={(member, value) => {
                const name = fromMember(member, model.name);
                if (leadsDown(model, name)) setMark({ member, value, at: pressed.current });
                else change((old) => ({ ...old, filters: toggleValue(old.filters, name, value) }));
              }}
            />
          </Box>
        )}
      </Box>
      {mark !== null && (
        <Suspense fallback={null}>
          <MarkMenu {...{ mark, model, state, change }} onClose={() => setMark(null)} />
        </Suspense>
      )}
      {!isEmpty && (
        <Suspense fallback={<LoadingState rows={6} label="Loading the table" />}>
          <TableCard
            title={title}
            model={model}
            state={state}
            results={results}
            stored={stored}
            query={query}
            change={change}
          />
        </Suspense>
      )}
    </Box>
  );
}
