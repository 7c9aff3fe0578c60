// Exploring a model: fields on the left, what is asked above, the answer as picture and table. All of it is in the address.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import IconButton from '@mui/material/IconButton';
import useMediaQuery from '@mui/material/useMediaQuery';
import { lazy, Suspense, useMemo, useRef, useState } from 'react';
import { Link } from 'react-router';
import { downloadCsv } from '@/api/download-csv';
import { copyText } from '@/lib/copy-text';
import { useSession } from '@/api/session-slice';
import type { Model } from '@/api/types';
import type { AsOfBannerProps } from '@/components/as-of-banner';
import { chunkComponent } from '@/components/chunk-component';
import { DialogPending } from '@/components/dialog-pending';
import { PageFrame, PageHeader } from '@/components/page-header';
import { SheetOnDemand } from '@/components/sheet-on-demand';
import { useShortcuts } from '@/components/shortcuts';
import type { Shortcut } from '@/components/shortcuts';
import { useToasts } from '@/components/toast-slice';
import { formatCommit } from '@/lib/commit-time';
import { formatCalendar } from '@/lib/format/calendar';
import { offered } from '@/lib/offered';
import { isView } from '@/lib/views';
import { Icon } from '@/theme/icons';
import type { IconName } from '@/theme/icons';
import { drawnKind } from './chart/chart-kinds';
import type { ChooseModelProps } from './choose-model';
import type { ComplaintsProps } from './complaints';
import type { DrillPathProps } from './drill/drill-path';
import { FieldPanel } from './fields/field-panel';
import { useExploreResults } from './query/use-explore-results';
import { usePlacedProblems } from './query/use-placed-problems';
import { preloadTable, ResultArea } from './result-area';
import { ChosenFields } from './shelf/chosen-fields';
import { FilterRow } from './shelf/filter-row';
import { OptionsRow } from './shelf/options-row';
import type { StartsProps } from './starts';
import { copiedLink } from './state/copied-link';
import { emptyState, isEmpty } from './state/explore-state';
import { resolvedRange } from './state/resolved-range';
import { titleOf } from './state/title';
import { useExploreState } from './state/use-explore-state';
import type { ExploreControls } from './state/use-explore-state';

const ComplaintsCard = chunkComponent<ComplaintsProps>(() => import('./complaints'));

const ChooseModel = chunkComponent<ChooseModelProps>(() => import('./choose-model'));
// Most addresses ask something.
const Starts = chunkComponent<StartsProps>(() => import('./starts'));

/** Most addresses can be read. */
const Complaints = ({ complaints }: ComplaintsProps) =>
  complaints.length === 0 ? null : (
    <Suspense fallback={null}>
      <ComplaintsCard complaints={complaints} />
    </Suspense>
  );

// An older state is seldom looked at.
const AsOfBanner = chunkComponent<AsOfBannerProps>(() =>
  import('@/components/as-of-banner').then((module) => ({ default: module.AsOfBanner })),
);
// Nobody has gone down before they have a filter.
const DrillPath = chunkComponent<DrillPathProps>(() => import('./drill/drill-path'));
const SaveDialog = lazy(() =>
  import('./save/save-dialog').then((module) => ({ default: module.SaveDialog })),
);

preloadTable();

export function ExploreScreen({ models }: { models: readonly Model[] }) {
  const controls = useExploreState(models);
  if (controls.model === null) {
    return (
      <PageFrame>
        <PageHeader title="Explore" />
        <Complaints complaints={controls.complaints} />
        <Suspense fallback={null}>
          <ChooseModel
            models={offered(models)}
            onChoose={(model) => controls.change(() => ({ ...emptyState, model }))}
          />
        </Suspense>
      </PageFrame>
    );
  }
  return <ModelScreen models={models} controls={controls} model={controls.model} />;
}

/** With its word where there is room. */
function ToolButton({
  label,
  icon,
  onPress,
}: {
  label: string;
  icon: IconName;
  onPress: () => void;
}) {
  const phone = useMediaQuery('(max-width: 599px)');
  if (phone) {
    return (
      <IconButton aria-label={label} onClick={onPress}>
        <Icon name={icon} />
      </IconButton>
    );
  }
  return (
    <Button variant="text" onClick={onPress} startIcon={<Icon name={icon} size={16} />}>
      {label}
    </Button>
  );
}

interface ModelScreenProps {
  models: readonly Model[];
  controls: ExploreControls;
  model: Model;
}

function ModelScreen({ models, controls, model }: ModelScreenProps) {
  const { state, change, complaints } = controls;
  const wide = useMediaQuery('(min-width: 900px)');
  const mayEdit = useSession().isAtLeast('editor');
  const toasts = useToasts();
  const search = useRef<HTMLInputElement>(null);
  const [fieldsOpen, setFieldsOpen] = useState(false);
  const [saving, setSaving] = useState(false);
  const results = useExploreResults(state, model);
  const { query, main } = results;
  const problems = usePlacedProblems(main.problem, query);
  const resolved = main.outdated ? null : resolvedRange(main.stored?.result ?? null);
  const asked = !isEmpty(state);

  const { refetch } = main;
  const shortcuts = useMemo<Shortcut[]>(() => {
    const group = 'Explore';
    return [
      { keys: 'f', label: 'Find a field', group, run: () => search.current?.focus() },
      { keys: 'r', label: 'Ask again', group, run: refetch },
      ...(mayEdit
        ? [{ keys: 's', label: 'Save as widget', group, run: () => setSaving(asked) }]
        : []),
    ];
  }, [mayEdit, refetch, asked]);
  useShortcuts(shortcuts);

  const copyLink = async (): Promise<void> => {
    const done = await copyText(copiedLink(window.location.href, state, model, formatCalendar()));
    toasts.show(
      done
        ? { message: 'Link copied', tone: 'success' }
        : { message: 'This page cannot copy: take the link from the address bar', tone: 'error' },
    );
  };
  const download = async (): Promise<void> => {
    if (query === null) return;
    const problem = await downloadCsv(query, titleOf(state, model));
    if (problem) toasts.show({ message: problem.detail ?? problem.title, tone: 'error' });
  };
  const panel = (
    <FieldPanel models={models} model={model} state={state} change={change} searchRef={search} />
  );

  return (
    <PageFrame width="full">
      <PageHeader
        title="Explore"
        summary={wide ? undefined : model.label}
        actions={
          <>
            {!wide && (
              <Button
                onClick={() => setFieldsOpen(true)}
                aria-haspopup="dialog"
                startIcon={<Icon name="sidebar" size={16} />}
              >
                Fields
              </Button>
            )}
            {mayEdit && wide && !isView(model) && (
              <Button component={Link} to={`/models/${model.name}`} variant="text">
                Edit model
              </Button>
            )}
            {asked && (
              <>
                <ToolButton label="Copy link" icon="link" onPress={() => void copyLink()} />
                <ToolButton label="Download CSV" icon="download" onPress={() => void download()} />
                {mayEdit && (
                  <Button variant="contained" color="primary" onClick={() => setSaving(true)}>
                    Save as widget
                  </Button>
                )}
              </>
            )}
          </>
        }
      />
      <Complaints complaints={complaints} />
      {state.asOf !== null && (
        <Suspense fallback={null}>
          <AsOfBanner
            title={
              typeof state.asOf === 'number'
                ? `Version ${state.asOf}, not the latest.`
                : `As of ${formatCommit(state.asOf, state.zone)} (${state.zone}), not the latest.`
            }
            backLabel="Back to the latest"
            onBack={() => change((old) => ({ ...old, asOf: null }))}
          />
        </Suspense>
      )}
      <Box
        sx={{
          display: 'grid',
          gridTemplateColumns: { xs: 'minmax(0, 1fr)', md: '248px minmax(0, 1fr)' },
          gap: 5,
          alignItems: 'start',
        }}
      >
        {wide ? (
          <Box
            component="aside"
            aria-label="Fields"
            data-paper="none"
            sx={{
              position: 'sticky',
              top: 'calc(var(--tm-top, 0px) + 16px)',
              display: 'flex',
              flexDirection: 'column',
              maxHeight: 'calc(100dvh - 32px - var(--tm-top, 0px))',
              p: 3,
              pt: 4,
              border: 1,
              borderColor: 'divider',
              borderRadius: 1,
              bgcolor: 'background.paper',
            }}
          >
            {panel}
          </Box>
        ) : (
          <SheetOnDemand
            full
            label="Fields"
            closing="Done"
            open={fieldsOpen}
            onClose={() => setFieldsOpen(false)}
          >
            {panel}
          </SheetOnDemand>
        )}
        <Box sx={{ minWidth: 0, display: 'grid', gap: 3 }}>
          <Box
            component="section"
            aria-label="Question"
            tabIndex={-1}
            sx={{
              display: 'grid',
              gap: 3,
              p: 4,
              border: 1,
              borderColor: 'divider',
              borderRadius: 1,
              bgcolor: 'background.paper',
            }}
          >
            <ChosenFields {...{ model, state, problems, change }} />
            <FilterRow {...{ model, state, problems, change }} />
            {model.hierarchies !== undefined && state.filters.length > 0 && (
              <Suspense fallback={null}>
                <DrillPath {...{ model, state, change }} />
              </Suspense>
            )}
            <OptionsRow {...{ model, state, query, problems, resolved, change }} />
          </Box>
          {asked ? (
            <ResultArea {...{ model, state, results, problems, change }} />
          ) : (
            <Suspense fallback={null}>
              <Starts model={model} change={change} />
            </Suspense>
          )}
        </Box>
      </Box>
      {saving && asked && (
        <Suspense fallback={<DialogPending />}>
          <SaveDialog
            state={state}
            model={model}
            kind={drawnKind(state, model)}
            onClose={() => setSaving(false)}
          />
        </Suspense>
      )}
    </PageFrame>
  );
}
