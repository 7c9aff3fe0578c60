// A card of a dashboard: asks its query, shows one of the card states, offers the menu. A failure here
// never reaches another card.
import Box from '@mui/material/Box';
import { lazy, memo, Suspense, useEffect, useMemo, useRef, useState } from 'react';
import type { ReactNode } from 'react';
import { useLiveLost } from '@/api/live-client';
import type { Widget } from '@/api/types';
import { DialogPending } from '@/components/dialog-pending';
import { ErrorBoundary } from '@/components/error-boundary';
import { useDownloadPicture } from '@/charts/picture/download-picture';
import { LoadingState, RefreshLine } from '@/components/states';
import { useToasts } from '@/components/toast-slice';
import { restrictedBy } from '@/lib/access-words';
import { comparisonQuery, versionOf } from '@/lib/comparison';
import { copyText } from '@/lib/copy-text';
import { isKnown, needsModels, timeMemberOf, unreachedBy, viewQuery } from '../view/view-query';
import { useDashboard } from '../view/dashboard-context';
import { readColumns, splitOf } from '@/widgets/result-columns';
import { CardBody } from './card-body';
import { CardFooter } from './card-footer';
import { RestrictedMark, UnreachedMark } from './card-mark';
import { CardMenu } from './card-menu';
import type { CardMenuItem } from './card-menu';
import { cardState, isRefused, isStale } from './card-state';
import { downloadCsv } from '@/api/download-csv';
import { useExploring } from './use-exploring';
import { useNearViewport } from './use-near-viewport';
import { useComparison } from '@/api/use-comparison';
import { useQueryResult } from '@/api/use-query-result';

const ProvenanceDialog = lazy(() =>
  import('@/components/provenance/provenance-dialog').then((module) => ({
    default: module.ProvenanceDialog,
  })),
);

const ExplainDialog = lazy(() =>
  import('@/components/provenance/explain-dialog').then((module) => ({
    default: module.ExplainDialog,
  })),
);

export interface WidgetCardProps {
  widget: Widget;
  /** Edit mode: clicks on marks do nothing, and the frame shows the handle. */
  editing?: boolean;
  selected?: boolean;
  handle?: ReactNode;
  extraMenu?: readonly CardMenuItem[];
  onOpen?: ((widgetId: string) => void) | undefined;
  /** Drawn as a static picture (full screen). */
  presentation?: boolean;
  /** It will be in view at once: its query need not wait for the first paint. */
  startsNear?: boolean;
}

export const WidgetCard = memo(function WidgetCard(props: WidgetCardProps) {
  const { widget, editing = false, selected = false, presentation = false, onOpen } = props;
  const shared = useDashboard();
  const { definition, view, models } = shared;
  const frame = useRef<HTMLElement>(null);
  const inSight = useNearViewport(frame, props.startsNear);
  // On paper all of them are.
  const near = inSight || shared.printing;
  const lost = useLiveLost();
  const toasts = useToasts();
  const picture = useDownloadPicture();
  const [asTable, setAsTable] = useState(false);
  const [about, setAbout] = useState(false);
  const [explained, setExplained] = useState(false);

  const query = useMemo(
    () => viewQuery(widget, definition, view, models),
    [widget, definition, view, models],
  );
  const needs = needsModels(definition, view, widget.query);
  const missing = needs && !isKnown(widget.query, models) ? shared.modelsProblem : null;
  const complete = missing === null && !(needs && shared.modelsPending);
  const unreached = useMemo(
    () => (complete ? unreachedBy(definition, view, widget.query, models) : []),
    [complete, definition, view, widget.query, models],
  );
  const asked = useQueryResult(query, near && complete);
  // What is not asked has the problem of what it waits for. What was asked too early, before the models came, is asked again.
  const answer = missing
    ? { ...asked, problem: missing, pending: shared.modelsPending, refetch: shared.onModels }
    : shared.modelsPending
      ? { ...asked, problem: null }
      : asked;
  const result = answer.stored?.result ?? null;
  const range = result?.provenance.time_range ?? null;
  const [from, to] = [range?.from, range?.to];
  const until = result?.provenance.complete_until ?? null;
  const made = result?.provenance.answered_at ?? null;
  const version = result && versionOf(result.provenance);
  const compares = widget.options?.comparison === 'previous_period' && !answer.outdated;
  const before = useMemo(() => {
    if (!compares || from === undefined || to === undefined) return null;
    const time = timeMemberOf(definition, widget.query, models);
    const reach = { time_range: { from, to }, complete_until: until, answered_at: made };
    return comparisonQuery(query, time, reach, view.zone, version);
  }, [
    compares,
    from,
    to,
    until,
    made,
    version,
    definition,
    widget.query,
    models,
    query,
    view.zone,
  ]);
  const earlier = useComparison(before, near);

  // Values that split a chart get their colours from the dashboard.
  const { onValues } = shared;
  useEffect(() => {
    if (!result) return;
    const split = splitOf(readColumns(result));
    if (!split || ['table', 'heatmap', 'map'].includes(widget.kind)) return;
    const values = new Set(
      split.values.map((value) => (value === null ? '\u0000' : String(value))),
    );
    onValues(split.column.name, [...values]);
  }, [result, widget.query, widget.kind, onValues]);

  const { refreshes } = shared;
  const seen = useRef(refreshes);
  const { refetch } = answer;
  useEffect(() => {
    if (seen.current === refreshes) return;
    seen.current = refreshes;
    if (near) refetch();
  }, [refreshes, near, refetch]);

  // A card of one number has no line to spare.
  const isSmall = widget.kind === 'number';
  const restricted = result && restrictedBy(result.provenance);
  const state = cardState(answer, query);
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), 5_000);
    return () => window.clearInterval(timer);
  }, []);
  const stale =
    answer.stored !== null && view.asOf === null && isStale(answer.stored.confirmedAt, lost, now);

  const copyLink = async (): Promise<void> => {
    const url = new URL(window.location.href);
    url.searchParams.delete('edit');
    url.searchParams.set('w', widget.id);
    toasts.show(
      (await copyText(url.toString()))
        ? { message: 'Link copied', tone: 'success' }
        : { message: `This page cannot copy: ${url.toString()}`, tone: 'error' },
    );
  };
  const download = async (): Promise<void> => {
    const problem = await downloadCsv(query, widget.title);
    if (problem) toasts.show({ message: problem.detail ?? problem.title, tone: 'error' });
  };

  const exploring = useExploring(widget, query);
  const unanswered = result === null ? 'There is no answer yet' : null;
  const menu: CardMenuItem[] = [
    ...(widget.kind === 'table'
      ? []
      : [
          {
            label: asTable ? 'View as chart' : 'View as table',
            icon: asTable ? ('chart' as const) : ('table' as const),
            run: () => setAsTable(!asTable),
            obstacle: unanswered,
          },
        ]),
    ...exploring,
    { label: 'Download CSV', icon: 'download', run: () => void download() },
    // Of a table there would be the rows in sight alone.
    ...(widget.kind === 'table' || asTable
      ? []
      : [
          {
            label: 'Download picture',
            icon: 'image' as const,
            run: () => void picture({ element: frame.current, title: widget.title, titled: true }),
            obstacle: unanswered,
          },
        ]),
    { label: 'Copy link', icon: 'link', run: () => void copyLink() },
    {
      label: 'Where does this come from?',
      icon: 'info',
      run: () => setAbout(true),
      obstacle: unanswered,
    },
    // What was refused, for a budget or another reason, is looked at instead of its answer.
    ...(missing === null && isRefused(state, answer.problem)
      ? [
          {
            label: 'What would this read?',
            icon: 'info' as const,
            run: () => setExplained(true),
          },
        ]
      : []),
    ...(onOpen
      ? [{ label: 'Full screen', icon: 'expand' as const, run: () => onOpen(widget.id) }]
      : []),
    ...(props.extraMenu ?? []),
  ];

  return (
    <Box
      component="section"
      ref={frame}
      role="region"
      aria-label={widget.title}
      aria-busy={answer.pending}
      data-widget-id={widget.id}
      data-state={state.body}
      data-waiting={near ? undefined : true}
      sx={{
        position: 'relative',
        display: 'flex',
        flexDirection: 'column',
        height: '100%',
        minWidth: 0,
        bgcolor: 'background.paper',
        border: 1,
        borderColor: selected ? 'primary.main' : 'divider',
        borderRadius: 1,
        outline: selected ? '1px solid var(--tm-palette-primary-main)' : 'none',
      }}
    >
      <Box sx={{ position: 'absolute', inset: '0 0 auto 0', px: '1px' }}>
        <RefreshLine active={state.refreshing} label={`Refreshing ${widget.title}`} />
      </Box>
      <Box
        sx={{
          display: 'flex',
          alignItems: 'center',
          gap: 1.5,
          px: 3,
          pt: 2.5,
          pb: 0.5,
          minHeight: 34,
        }}
      >
        {props.handle}
        <Box
          component="h2"
          title={widget.title}
          sx={{
            m: 0,
            flex: 1,
            minWidth: 0,
            typography: 'h3',
            overflow: 'hidden',
            textOverflow: 'ellipsis',
            whiteSpace: 'nowrap',
          }}
        >
          {widget.title}
        </Box>
        {isSmall && restricted && <RestrictedMark words={restricted} />}
        {unreached.length > 0 && <UnreachedMark filters={unreached} />}
        <CardMenu title={widget.title} items={menu} />
      </Box>
      <Box
        sx={{
          flex: 1,
          minHeight: 0,
          px: widget.kind === 'table' || asTable ? 0 : 3,
          pb: widget.kind === 'table' || asTable ? 0 : 2.5,
        }}
      >
        <ErrorBoundary dense resetKey={`${widget.kind} ${answer.stored?.key ?? ''}`}>
          <Suspense fallback={<LoadingState height="100%" label={`Loading ${widget.title}`} />}>
            <CardBody
              widget={widget}
              state={state}
              answer={answer}
              comparison={earlier.stored?.result ?? null}
              asTable={asTable}
              editing={editing}
              live={!presentation}
            />
          </Suspense>
        </ErrorBoundary>
      </Box>
      <CardFooter
        warning={state.warning}
        stale={stale}
        confirmedAt={answer.stored?.confirmedAt ?? null}
        restricted={isSmall ? null : restricted}
        onRetry={answer.refetch}
        uncompared={earlier.problem}
        onCompare={earlier.retry}
      />
      {about && answer.stored && (
        <Suspense fallback={<DialogPending />}>
          <ProvenanceDialog
            title={widget.title}
            provenance={answer.stored.result.provenance}
            columns={answer.stored.result.columns}
            data={answer.stored.result.data}
            query={query}
            confirmedAt={answer.stored.confirmedAt}
            requestId={answer.requestId}
            before={before && (earlier.problem ?? earlier.stored?.result.provenance ?? null)}
            onClose={() => setAbout(false)}
          />
        </Suspense>
      )}
      {explained && (
        <Suspense fallback={<DialogPending />}>
          <ExplainDialog title={widget.title} query={query} onClose={() => setExplained(false)} />
        </Suspense>
      )}
    </Box>
  );
});
