// Unsaved edits of one dashboard, with their undo history. Server data stays in RTK Query; this holds
// only what differs from it, and is mirrored to local storage by draft-storage.ts.
import { createSlice } from '@reduxjs/toolkit';
import type { PayloadAction } from '@reduxjs/toolkit';
import type { Dashboard, DashboardDefinition, Widget } from '@/api/types';
import { rootReducer } from '@/app/store';
import { record, redo, seal, startHistory, undo } from './history';
import type { History } from './history';
import type { Placed } from './layout-moves';

export interface DraftContent {
  title: string;
  description: string | null;
  definition: DashboardDefinition;
}

export interface Draft {
  dashboardId: string;
  /** Version of the server that the edits build on. */
  baseVersion: number;
  history: History<DraftContent>;
}

export interface DraftState {
  draft: Draft | null;
}

const initialState: DraftState = { draft: null };

interface Edit {
  content: DraftContent;
  label: string;
  mergeKey?: string | null;
}

export const contentOf = (dashboard: Dashboard): DraftContent => ({
  title: dashboard.title,
  description: dashboard.description,
  definition: dashboard.definition,
});

export const draftSlice = createSlice({
  name: 'draft',
  initialState,
  reducers: {
    editingStarted: (_state, action: PayloadAction<Dashboard>): DraftState => ({
      draft: {
        dashboardId: action.payload.id,
        baseVersion: action.payload.version,
        history: startHistory(contentOf(action.payload)),
      },
    }),
    draftContinued: (_state, action: PayloadAction<Draft>): DraftState => ({
      draft: action.payload,
    }),
    // Plain returns instead of immer drafts: every step shares the parts it did not change.
    draftChanged: (state, action: PayloadAction<Edit>): DraftState => {
      if (!state.draft) return state as DraftState;
      const { content, label, mergeKey = null } = action.payload;
      const draft = state.draft as Draft;
      return { draft: { ...draft, history: record(draft.history, content, label, mergeKey) } };
    },
    draftSealed: (state): DraftState => {
      const draft = state.draft as Draft | null;
      return draft ? { draft: { ...draft, history: seal(draft.history) } } : { draft: null };
    },
    undone: (state): DraftState => {
      const draft = state.draft as Draft | null;
      return draft ? { draft: { ...draft, history: undo(draft.history) } } : { draft: null };
    },
    redone: (state): DraftState => {
      const draft = state.draft as Draft | null;
      return draft ? { draft: { ...draft, history: redo(draft.history) } } : { draft: null };
    },
    editingEnded: (): DraftState => ({ draft: null }),
  },
});

export const {
  editingStarted,
  draftContinued,
  draftChanged,
  draftSealed,
  undone,
  redone,
  editingEnded,
} = draftSlice.actions;

declare module '@/app/store' {
  interface LazySlices {
    draft: DraftState;
  }
}

export const draftReducer = rootReducer.inject(draftSlice);

export const selectDraft = (state: { draft?: DraftState }): Draft | null =>
  state.draft?.draft ?? null;

export const isDirty = (draft: Draft | null): boolean =>
  draft !== null && draft.history.past.length > 0;

// Edits of a content, each a pure function, so that they can be tested without a store.

export function withWidgets(
  content: DraftContent,
  change: (widgets: Widget[]) => Widget[],
): DraftContent {
  const { definition } = content;
  return { ...content, definition: { ...definition, widgets: change(definition.widgets) } };
}

export const withWidget = (content: DraftContent, widget: Widget): DraftContent =>
  withWidgets(content, (widgets) =>
    widgets.map((entry) => (entry.id === widget.id ? widget : entry)),
  );

export const placedOf = (content: DraftContent): Placed[] =>
  content.definition.widgets.map(({ id, layout }) => ({ id, layout }));

export function withLayouts(content: DraftContent, placed: readonly Placed[]): DraftContent {
  const byId = new Map(placed.map((item) => [item.id, item.layout]));
  return withWidgets(content, (widgets) =>
    widgets.map((widget) => {
      const layout = byId.get(widget.id);
      const same =
        !layout ||
        (layout.x === widget.layout.x &&
          layout.y === widget.layout.y &&
          layout.w === widget.layout.w &&
          layout.h === widget.layout.h);
      return same
        ? widget
        : { ...widget, layout: { x: layout.x, y: layout.y, w: layout.w, h: layout.h } };
    }),
  );
}

export const sameLayouts = (content: DraftContent, placed: readonly Placed[]): boolean =>
  withLayouts(content, placed).definition.widgets.every(
    (widget, index) => widget === content.definition.widgets[index],
  );

export function newWidgetId(taken: readonly string[], random: () => number = Math.random): string {
  for (;;) {
    const id = `w${Math.floor(random() * 36 ** 6)
      .toString(36)
      .padStart(6, '0')}`;
    if (!taken.includes(id)) return id;
  }
}
