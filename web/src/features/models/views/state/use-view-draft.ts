// A view that is edited.
import { useMemo } from 'react';
import type { Model, View } from '@/api/types';
import { useSaveViewMutation, viewsApi } from '@/api/views-api';
import { useDraft } from '../../state/use-draft';
import type { Draft } from '../../state/use-draft';
import { missingInView } from './missing';
import { sameView, writtenView } from './written-view';

export type ViewDraft = Draft<View>;

export function useViewDraft(saved: View, models: readonly Model[]): ViewDraft {
  const [save] = useSaveViewMutation();
  const [find] = viewsApi.useLazyGetViewQuery();
  const draft = useDraft(saved, {
    same: sameView,
    save: (view, { version = 0 }) => save({ version, view: writtenView(view) }),
    reread: async (name) => {
      const { data, error } = await find(name);
      return { data: data?.definition, error };
    },
    taken: 'There is a view of that name.',
  });
  const missing = useMemo(() => missingInView(draft.value, models), [draft.value, models]);
  return { ...draft, missing };
}
