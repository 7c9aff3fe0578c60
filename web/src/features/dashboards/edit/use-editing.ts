// Editing one dashboard: start, change, undo, save under a version, discard, continue a kept draft.
import { useCallback, useEffect, useMemo, useState } from 'react';
import { useDispatch, useSelector } from 'react-redux';
import { toProblem } from '@/api/problem';
import {
  useCreateDashboardMutation,
  useLazyGetDashboardQuery,
  useSaveDashboardMutation,
} from '@/api/dashboards-api';
import { useSession } from '@/api/session-slice';
import type { Dashboard } from '@/api/types';
import { useToasts } from '@/components/toast-slice';
import {
  draftChanged,
  draftContinued,
  draftSealed,
  editingEnded,
  editingStarted,
  isDirty,
  redone,
  selectDraft,
  undone,
} from './draft-slice';
import type { Draft, DraftContent } from './draft-slice';
import { draftKey, dropDraft, keepDraft, readDraft } from './draft-storage';
import type { KeptDraft } from './draft-storage';

export interface Editing {
  draft: Draft | null;
  dirty: boolean;
  saving: boolean;
  /** A draft of an earlier visit that is not open. */
  kept: KeptDraft | null;
  conflict: { currentVersion: number | null } | null;
  start: () => void;
  continueDraft: () => void;
  forgetDraft: () => void;
  change: (content: DraftContent, label: string, mergeKey?: string | null) => void;
  seal: () => void;
  undo: () => void;
  redo: () => void;
  save: () => Promise<void>;
  discard: () => void;
  takeTheirs: () => Promise<void>;
  saveCopy: () => Promise<string | null>;
  closeConflict: () => void;
}

const bodyOf = (content: DraftContent) => ({
  title: content.title.trim() || 'Untitled dashboard',
  description: content.description,
  definition: content.definition,
});

export function useEditing(dashboard: Dashboard): Editing {
  const dispatch = useDispatch();
  const toasts = useToasts();
  const { user, tenant, isAtLeast } = useSession();
  const open = useSelector(selectDraft);
  // One who views as somebody else sees what is stored; the draft waits.
  const draft = isAtLeast('editor') && open?.dashboardId === dashboard.id ? open : null;
  const key = draftKey(`${tenant?.id ?? ''}.${user?.id ?? ''}`, dashboard.id);
  const [kept, setKept] = useState(() => readDraft(localStorage, key));
  const [conflict, setConflict] = useState<Editing['conflict']>(null);
  const [saveDashboard, saving] = useSaveDashboardMutation();
  const [createDashboard, copying] = useCreateDashboardMutation();
  const [loadDashboard] = useLazyGetDashboardQuery();
  const dirty = isDirty(draft);

  useEffect(() => {
    if (draft) keepDraft(localStorage, key, draft, Date.now());
  }, [draft, key]);

  const end = useCallback(() => {
    dropDraft(localStorage, key);
    setKept(null);
    dispatch(editingEnded());
  }, [dispatch, key]);

  const save = useCallback(async () => {
    if (!draft) return;
    const body = bodyOf(draft.history.present.content);
    const answer = await saveDashboard({ id: draft.dashboardId, version: draft.baseVersion, body });
    if (answer.error) {
      const problem = toProblem(answer.error);
      if (problem.code === 'precondition_failed') {
        setConflict({ currentVersion: problem.current_version ?? null });
      } else {
        toasts.show({ message: `Not saved: ${problem.detail ?? problem.title}`, tone: 'error' });
      }
      return;
    }
    end();
    toasts.show({ message: 'Saved', tone: 'success' });
  }, [draft, saveDashboard, end, toasts]);

  return useMemo<Editing>(
    () => ({
      draft,
      dirty,
      saving: saving.isLoading || copying.isLoading,
      kept: draft ? null : kept,
      conflict,
      start: () => dispatch(editingStarted(dashboard)),
      continueDraft: () => {
        if (kept) dispatch(draftContinued(kept.draft));
      },
      forgetDraft: () => {
        dropDraft(localStorage, key);
        setKept(null);
      },
      change: (content, label, mergeKey = null) =>
        dispatch(draftChanged({ content, label, mergeKey })),
      seal: () => dispatch(draftSealed()),
      undo: () => dispatch(undone()),
      redo: () => dispatch(redone()),
      save,
      discard: () => {
        const dropped = draft;
        end();
        if (dropped && isDirty(dropped)) {
          toasts.show({
            message: 'Changes discarded',
            action: { label: 'Undo', run: () => dispatch(draftContinued(dropped)) },
          });
        }
      },
      takeTheirs: async () => {
        const answer = await loadDashboard(dashboard.id, false);
        if (answer.error) {
          toasts.show({ message: toProblem(answer.error).title, tone: 'error' });
          return;
        }
        setConflict(null);
        end();
      },
      saveCopy: async () => {
        if (!draft) return null;
        const body = bodyOf(draft.history.present.content);
        const answer = await createDashboard({ ...body, title: `${body.title} (copy)` });
        if (answer.error) {
          toasts.show({ message: toProblem(answer.error).title, tone: 'error' });
          return null;
        }
        setConflict(null);
        end();
        return answer.data.id;
      },
      closeConflict: () => setConflict(null),
    }),
    [
      draft,
      dirty,
      saving.isLoading,
      copying.isLoading,
      kept,
      conflict,
      dispatch,
      dashboard,
      key,
      save,
      end,
      toasts,
      loadDashboard,
      createDashboard,
    ],
  );
}
