// Everything of edit mode below the bar: the grid, the panel beside it, and the dialogs. Turns what
// people do into named steps of the draft.
import Box from '@mui/material/Box';
import Drawer from '@mui/material/Drawer';
import useMediaQuery from '@mui/material/useMediaQuery';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import type { Model, Widget } from '@/api/types';
import { EmptyState, LoadingState } from '@/components/states';
import { announce, Announcer } from '@/components/announcer';
import { modelOf } from '@/lib/members';
import type { WidgetKindSpec } from '@/widgets/widget-kind';
import { AddDialog } from './add-dialog';
import {
  newWidgetId,
  placedOf,
  sameLayouts,
  withLayouts,
  withWidget,
  withWidgets,
} from './draft-slice';
import type { DraftContent } from './draft-slice';
import { EditStack } from './edit-stack';
import type { EditAction } from './edit-menu';
import { compact, freePlace, place, resize, step } from './layout-moves';
import { PlaceDialog } from './place-dialog';
import type { Editing } from './use-editing';
import { WidgetPanel } from './widget-panel';

const EditGrid = lazy(() => import('./edit-grid'));

/** On phones cards have no handle, and the focus goes to their menu. */
const handleOf = (id: string): string =>
  `[data-widget-id="${CSS.escape(id)}"] :is(.card-handle, button)`;

export interface EditAreaProps {
  editing: Editing;
  content: DraftContent;
  models: readonly Model[];
  adding: boolean;
  onAddingDone: () => void;
}

export function EditArea({ editing, content, models, adding, onAddingDone }: EditAreaProps) {
  const [selectedId, setSelectedId] = useState<string | null>(null);
  const [placing, setPlacing] = useState<string | null>(null);
  const narrow = useMediaQuery('(max-width: 899px)');
  const phone = useMediaQuery('(max-width: 599px)');
  const area = useRef<HTMLDivElement>(null);
  // What gets the focus next, as a selector.
  const [focusNext, setFocusNext] = useState<string | null>(null);
  const { widgets } = content.definition;
  const selected = widgets.find((widget) => widget.id === selectedId) ?? null;
  const placed = widgets.find((widget) => widget.id === placing) ?? null;
  const titleOf = (id: string): string =>
    widgets.find((widget) => widget.id === id)?.title ?? 'card';

  // A card that was just added or duplicated gets the focus, and so does the one beside another that was deleted, so that the
  // keyboard can go on; after the menu where that was chosen.
  useEffect(() => {
    if (focusNext === null) return;
    const timer = window.setTimeout(() => {
      area.current?.querySelector<HTMLElement>(focusNext)?.focus();
      setFocusNext(null);
    }, 60);
    return () => window.clearTimeout(timer);
  }, [focusNext]);

  const insert = (widget: Widget, label: string): void => {
    editing.change(
      withWidgets(content, (all) => [...all, widget]),
      label,
    );
    setFocusNext(handleOf(widget.id));
  };
  const add = (kind: WidgetKindSpec, model: Model): void => {
    const id = newWidgetId(widgets.map((widget) => widget.id));
    const choices = kind.defaults(model);
    const measure = model.measures.find(
      (entry) => choices.measures[0] === `${model.name}.${entry.name}`,
    );
    const dimension = model.dimensions.find(
      (entry) => choices.dimensions[0] === `${model.name}.${entry.name}`,
    );
    const title = [
      measure?.label ?? model.label,
      dimension ? `by ${dimension.label.toLowerCase()}` : choices.time ? 'over time' : '',
    ]
      .filter(Boolean)
      .join(' ');
    const base = withTime(content, model);
    const widget: Widget = {
      id,
      kind: kind.kind,
      title,
      layout: freePlace(placedOf(base), kind.size.w, kind.size.h),
      query: kind.toQuery(choices),
      options:
        kind.fields.comparison && !kind.fields.comparesLater && model.time_dimension
          ? { comparison: 'previous_period' }
          : {},
    };
    editing.change(
      withWidgets(base, (all) => [...all, widget]),
      `Added ${title}`,
    );
    setSelectedId(id);
    setFocusNext(handleOf(id));
    onAddingDone();
    announce(`Added ${title}`);
  };
  const menu = (id: string, action: EditAction): void => {
    const widget = widgets.find((entry) => entry.id === id);
    if (!widget) return;
    if (action === 'configure') {
      setSelectedId(id);
      setFocusNext('aside input');
    }
    if (action === 'place') setPlacing(id);
    if (action === 'duplicate') {
      const { w, h } = widget.layout;
      insert(
        {
          ...widget,
          id: newWidgetId(widgets.map((entry) => entry.id)),
          title: `${widget.title} (copy)`,
          layout: freePlace(placedOf(content), w, h),
        },
        `Duplicated ${widget.title}`,
      );
    }
    if (action === 'delete') {
      const without = withWidgets(content, (all) => all.filter((entry) => entry.id !== id));
      editing.change(withLayouts(without, compact(placedOf(without))), `Deleted ${widget.title}`);
      if (selectedId === id) setSelectedId(null);
      const at = widgets.indexOf(widget);
      const beside = widgets[at + 1] ?? widgets[at - 1];
      if (beside) setFocusNext(handleOf(beside.id));
      announce(`Deleted ${widget.title}. Undo brings it back.`);
    }
  };
  const closePanel = (): void => {
    setSelectedId(null);
    if (selectedId !== null) setFocusNext(handleOf(selectedId));
  };
  const panel = selected && (
    <WidgetPanel
      widget={selected}
      models={models}
      onChange={(widget, label, mergeKey) =>
        editing.change(withWidget(content, widget), label, mergeKey ?? null)
      }
      onClose={closePanel}
    />
  );
  const preferred = content.definition.time_dimension
    ? modelOf(content.definition.time_dimension)
    : null;

  return (
    <Box ref={area} sx={{ display: 'flex', alignItems: 'flex-start', gap: 3 }}>
      <Box sx={{ flex: 1, minWidth: 0 }}>
        {widgets.length === 0 && (
          <EmptyState icon="dashboard" title="This dashboard has no cards yet">
            Add a card to begin.
          </EmptyState>
        )}
        {phone ? (
          <EditStack widgets={widgets} selectedId={selectedId} onMenu={menu} />
        ) : (
          <Suspense fallback={<LoadingState height={320} />}>
            <EditGrid
              widgets={widgets}
              selectedId={selectedId}
              onSelect={setSelectedId}
              onLayout={(next, label) => {
                if (!sameLayouts(content, next)) editing.change(withLayouts(content, next), label);
              }}
              onStep={(id, direction, sized, session) => {
                const before = placedOf(content);
                const next = sized ? resize(before, id, direction) : step(before, id, direction);
                if (sameLayouts(content, next)) return;
                editing.change(
                  withLayouts(content, next),
                  `${sized ? 'Resized' : 'Moved'} ${titleOf(id)}`,
                  session,
                );
              }}
              onRevert={(session) => {
                if (editing.draft?.history.present.mergeKey === session) editing.undo();
              }}
              onSettled={editing.seal}
              onMenu={menu}
            />
          </Suspense>
        )}
      </Box>
      {panel &&
        (narrow ? (
          <Drawer
            anchor="bottom"
            open
            onClose={closePanel}
            slotProps={{
              paper: {
                'aria-label': `Configure ${selected.title}`,
                sx: { maxHeight: '80dvh', borderRadius: '12px 12px 0 0' },
              },
            }}
          >
            <Announcer />
            {panel}
          </Drawer>
        ) : (
          <Box
            sx={{
              position: 'sticky',
              top: 72,
              maxHeight: 'calc(100dvh - 88px)',
              overflow: 'auto',
              bgcolor: 'background.paper',
              border: 1,
              borderColor: 'divider',
              borderRadius: 1,
            }}
          >
            {panel}
          </Box>
        ))}
      {adding && (
        <AddDialog models={models} preferred={preferred} onAdd={add} onClose={onAddingDone} />
      )}
      {placed && (
        <PlaceDialog
          widget={placed}
          onClose={() => setPlacing(null)}
          onApply={(layout) => {
            const next = place(placedOf(content), placed.id, layout);
            if (!sameLayouts(content, next)) {
              editing.change(withLayouts(content, next), `Placed ${placed.title}`);
            }
            setPlacing(null);
          }}
        />
      )}
    </Box>
  );
}

/** The first card with a time decides what the dashboard's time control moves. */
export function withTime(content: DraftContent, model: Model): DraftContent {
  const { definition } = content;
  if (definition.time_dimension || !model.time_dimension) return content;
  return {
    ...content,
    definition: { ...definition, time_dimension: `${model.name}.${model.time_dimension}` },
  };
}
