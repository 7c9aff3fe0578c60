// A model that is edited: what it needs before it is saved, and who may change who sees what.
import { useMemo } from 'react';
import { modelsApi, useSaveModelMutation } from '@/api/models-api';
import { useSession } from '@/api/session-slice';
import type { DatasetColumn, FieldProblem, Model } from '@/api/types';
import { missingOf } from './places';
import { wrongSources } from './source-of';
import { useDraft } from './use-draft';
import type { Draft } from './use-draft';
import { useModelCheck } from './use-model-check';
import { sameAccess, sameModel } from './written';

const notGranted = {
  field: 'access_policies',
  detail: 'Only admins change who sees what.',
};
const missingIn = (model: Model, granted: boolean): FieldProblem[] => [
  ...missingOf(model),
  ...(granted ? [] : [notGranted]),
];

export type ModelDraft = Draft<Model>;

export function useModelDraft(saved: Model, columns: readonly DatasetColumn[]): ModelDraft {
  const [save] = useSaveModelMutation();
  const [reread] = modelsApi.useLazyGetModelQuery();
  const mayGrant = useSession().isAtLeast('admin');
  const draft = useDraft(saved, {
    same: sameModel,
    save: (model, { name, version }) => save({ name, version, model }),
    reread,
    taken: 'There is a model of that name.',
  });
  const { value, base } = draft;
  const missing = useMemo(
    () => [
      ...missingIn(value, mayGrant || sameAccess(value, base)),
      ...wrongSources(value, base, columns),
    ],
    [value, base, mayGrant, columns],
  );
  const { changed, unread, busy, problem, theirs } = draft;
  const whole = changed && !unread && missing.length === 0;
  // What a save was refused with is said until the next edit.
  const ask = whole && !busy && problem === null && theirs === null;
  const foreseen = useModelCheck(base.name, value, ask);
  return { ...draft, missing, problem: problem ?? foreseen };
}
