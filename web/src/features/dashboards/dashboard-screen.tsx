// The screen of a loaded dashboard: header, time and filters, cards; edit mode in the same place.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import IconButton from '@mui/material/IconButton';
import { lazy, Suspense, useCallback, useMemo, useState } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import { useLiveClient } from '@/api/live-client';
import { useSession } from '@/api/session-slice';
import type { Dashboard, Model } from '@/api/types';
import { rangeLabel } from '@/lib/range-label';
import { AsOfBanner } from '@/components/as-of-banner';
import { PageFrame, PageHeader } from '@/components/page-header';
import { useShortcuts } from '@/components/shortcuts';
import type { Shortcut } from '@/components/shortcuts';
import { EmptyState } from '@/components/states';
import { formatAge } from '@/lib/format';
import { Icon } from '@/theme/icons';
import { contentOf } from './edit/draft-slice';
import { useEditing } from './edit/use-editing';
import { asOfName } from './view/as-of-words';
import { DashboardColors, DashboardContext } from './view/dashboard-context';
import type { DashboardShared, ExplorePath } from './view/dashboard-context';
import { DashboardGrid } from './view/dashboard-grid';
import { FilterBar } from './view/filter-bar';
import { LeaveFullScreen } from './view/leave-full-screen';
import { DisconnectedBanner, LiveMark } from './view/live-mark';
import { useColors } from './view/use-colors';
import { useKnownRange } from './view/use-known-range';
import type { Presenting } from './view/use-presenting';
import { usePrinting } from './view/use-printing';
import { useViewState } from './view/use-view-state';
import { timeMemberOf } from './view/view-query';

// What is seldom open loads when it is opened.
const EditArea = lazy(() =>
  import('./edit/edit-area').then((module) => ({ default: module.EditArea })),
);
const EditBar = lazy(() =>
  import('./edit/edit-bar').then((module) => ({ default: module.EditBar })),
);
const ConflictDialog = lazy(() =>
  import('./edit/conflict-dialog').then((module) => ({ default: module.ConflictDialog })),
);
const WidgetFocus = lazy(() =>
  import('./view/widget-focus').then((module) => ({ default: module.WidgetFocus })),
);

export interface DashboardScreenProps {
  dashboard: Dashboard;
  models: readonly Model[];
  modelsPending: boolean;
  modelsProblem: DashboardShared['modelsProblem'];
  onModels: () => void;
  explorePath: ExplorePath | undefined;
  /** The answers of the cards in view are about to come: drawn with them, the cards are drawn once. */
  cardsAwaited: boolean;
  presentation: Presenting;
}

export function DashboardScreen(props: DashboardScreenProps) {
  const { dashboard, models, modelsPending, modelsProblem, onModels, explorePath } = props;
  const { presentation } = props;
  const navigate = useNavigate();
  const [params, setParams] = useSearchParams();
  const editing = useEditing(dashboard);
  const mayEdit = useSession().isAtLeast('editor');
  const live = useLiveClient();
  const content = editing.draft?.history.present.content ?? contentOf(dashboard);
  const { definition } = content;
  const controls = useViewState(definition, models);
  const { view } = controls;
  const [colors, onValues] = useColors(dashboard.id);
  const [refreshes, setRefreshes] = useState(0);
  const [adding, setAdding] = useState(false);
  const { printing, print } = usePrinting();
  const focused = definition.widgets.find((widget) => widget.id === params.get('w')) ?? null;

  const openWidget = useCallback(
    (id: string | null) =>
      setParams((old) => {
        const next = new URLSearchParams(old);
        if (id === null) next.delete('w');
        else next.set('w', id);
        return next;
      }),
    [setParams],
  );
  const refresh = useCallback(() => {
    live.retry();
    setRefreshes((count) => count + 1);
  }, [live]);

  const { toggleFilter, setFilters, setRange } = controls;
  const shared = useMemo<DashboardShared>(
    () => ({
      dashboardId: dashboard.id,
      definition,
      view,
      models,
      modelsPending,
      modelsProblem,
      onModels,
      explorePath,
      onValues,
      onFilter: toggleFilter,
      onClearFilters: () => setFilters([]),
      onJumpToLatest: () =>
        setRange(
          typeof view.range === 'string' && view.range.startsWith('last ')
            ? `${view.range} of data`
            : 'last 90 days of data',
        ),
      printing,
      refreshes,
    }),
    [
      dashboard.id,
      definition,
      view,
      models,
      modelsPending,
      modelsProblem,
      onModels,
      explorePath,
      onValues,
      toggleFilter,
      setFilters,
      setRange,
      printing,
      refreshes,
    ],
  );

  const known = useKnownRange(definition, view, models);
  const resolved = known
    ? rangeLabel(Date.parse(known.from), Date.parse(known.to), view.zone)
    : null;
  const probe = useMemo(() => {
    for (const widget of definition.widgets) {
      const measure = widget.query.measures?.[0];
      const time = timeMemberOf(definition, widget.query, models);
      if (measure !== undefined && time !== null) return { measure, time };
    }
    return null;
  }, [definition, models]);
  const names = useMemo(() => {
    const used = new Set(
      definition.widgets.flatMap((widget) =>
        (widget.query.measures ?? []).map((name) => name.split('.')[0] ?? ''),
      ),
    );
    return used.size === 0 ? models : models.filter((model) => used.has(model.name));
  }, [definition.widgets, models]);

  const isEditing = editing.draft !== null;
  const presenting = presentation.presenting && !isEditing;
  const { start: present, stop: stopPresenting } = presentation;
  const { start, undo, redo, save, dirty } = editing;
  const shortcuts = useMemo<Shortcut[]>(() => {
    const group = 'Dashboard';
    const reading: Shortcut[] = [
      { keys: 'r', label: 'Refresh', group, run: refresh },
      ...(isEditing || presenting
        ? []
        : [{ keys: 'f', label: 'Full screen', group, run: present }]),
    ];
    if (!mayEdit || presenting) return reading;
    if (!isEditing) return [...reading, { keys: 'e', label: 'Edit', group, run: start }];
    return [
      ...reading,
      { keys: 'a', label: 'Add card', group, run: () => setAdding(true) },
      { keys: 'mod+z', label: 'Undo', group, run: undo },
      { keys: 'mod+shift+z', label: 'Redo', group, run: redo },
      { keys: 'mod+s', label: 'Save', group, run: () => void (dirty && save()) },
    ];
  }, [mayEdit, isEditing, presenting, present, refresh, start, undo, redo, save, dirty]);
  useShortcuts(shortcuts);

  return (
    <DashboardContext value={shared}>
      <DashboardColors value={colors}>
        <PageFrame width="full">
          <PageHeader
            title={content.title}
            {...(presenting
              ? {}
              : { parent: { label: 'Dashboards', to: '/' }, summary: content.description })}
            actions={
              <>
                {view.asOf === null && <LiveMark />}
                <IconButton aria-label="Refresh" onClick={refresh}>
                  <Icon name="refresh" />
                </IconButton>
                {presenting ? (
                  <LeaveFullScreen onLeave={stopPresenting} />
                ) : (
                  !isEditing && (
                    <>
                      <IconButton
                        aria-label="Print"
                        title="Print, or save as PDF"
                        onClick={print}
                        disabled={printing}
                      >
                        <Icon name="print" />
                      </IconButton>
                      <IconButton
                        aria-label="Full screen"
                        title="Full screen (f)"
                        onClick={present}
                        // A phone shows nothing else already.
                        sx={{ display: { xs: 'none', sm: 'inline-flex' } }}
                      >
                        <Icon name="expand" />
                      </IconButton>
                    </>
                  )
                )}
                {mayEdit && !isEditing && !presenting && (
                  <Button onClick={editing.start} startIcon={<Icon name="edit" size={16} />}>
                    Edit
                  </Button>
                )}
              </>
            }
          />
          {editing.kept && mayEdit && (
            <Box
              role="status"
              sx={{
                display: 'flex',
                flexWrap: 'wrap',
                alignItems: 'center',
                gap: 2,
                px: 4,
                py: 2,
                mb: 3,
                border: 1,
                borderColor: 'divider',
                borderRadius: 1,
                bgcolor: 'background.paper',
              }}
            >
              <Box sx={{ flex: 1 }}>
                You have unsaved changes from {formatAge(editing.kept.savedAt)}.
              </Box>
              <Button size="small" onClick={editing.continueDraft}>
                Continue draft
              </Button>
              <Button size="small" variant="text" onClick={editing.forgetDraft}>
                Discard it
              </Button>
            </Box>
          )}
          <DisconnectedBanner />
          {view.asOf !== null && (
            <AsOfBanner
              title={`${asOfName(view.asOf, view.zone)}, not live.`}
              backLabel="Back to live"
              onBack={() => controls.setAsOf(null)}
            >
              All cards show the data of that time.
            </AsOfBanner>
          )}
          <Suspense fallback={null}>
            {isEditing && (
              <EditBar
                editing={editing}
                onAdd={() => setAdding(true)}
                onKeepView={
                  controls.changed
                    ? () => {
                        editing.change(
                          {
                            ...content,
                            definition: {
                              ...definition,
                              time: { range: view.range, grain: view.grain },
                              filters: view.filters,
                            },
                          },
                          'Kept time and filters',
                        );
                        controls.reset();
                      }
                    : null
                }
              />
            )}
          </Suspense>
          <FilterBar
            view={view}
            models={names}
            resolved={resolved}
            probe={probe}
            onRange={controls.setRange}
            onGrain={controls.setGrain}
            onFilters={controls.setFilters}
            onAsOf={controls.setAsOf}
            changed={controls.changed}
            onReset={controls.reset}
          />
          {isEditing ? (
            <Suspense fallback={null}>
              <EditArea
                editing={editing}
                content={content}
                models={models}
                adding={adding}
                onAddingDone={() => setAdding(false)}
              />
            </Suspense>
          ) : definition.widgets.length === 0 ? (
            <EmptyState
              icon="dashboard"
              title="This dashboard has no cards yet"
              action={
                mayEdit && (
                  <Button
                    variant="contained"
                    color="primary"
                    onClick={() => {
                      editing.start();
                      setAdding(true);
                    }}
                  >
                    Add a card
                  </Button>
                )
              }
            >
              {mayEdit
                ? 'A card shows one query as a number, a chart or a table.'
                : 'Its editors have not added any.'}
            </EmptyState>
          ) : (
            !props.cardsAwaited && (
              <DashboardGrid widgets={definition.widgets} onOpen={openWidget} />
            )
          )}
          <Suspense fallback={null}>
            {focused && !isEditing && (
              <WidgetFocus widget={focused} onClose={() => openWidget(null)} />
            )}
            {editing.conflict && editing.draft && (
              <ConflictDialog
                baseVersion={editing.draft.baseVersion}
                currentVersion={editing.conflict.currentVersion}
                busy={editing.saving}
                onTakeTheirs={() => void editing.takeTheirs()}
                onSaveCopy={() =>
                  void editing.saveCopy().then((id) => {
                    if (id !== null) void navigate(`/dashboards/${id}`);
                  })
                }
                onClose={editing.closeConflict}
              />
            )}
          </Suspense>
        </PageFrame>
      </DashboardColors>
    </DashboardContext>
  );
}
