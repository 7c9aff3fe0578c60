// A model on its way: edited in the form or as text, and saved over the version that was read. What somebody else has saved
// meanwhile is asked about, never overwritten unseen.
import { useCallback, useMemo, useState } from 'react';
import { modelsApi, useSaveModelMutation } from '@/api/models-api';
import { toProblem } from '@/api/problem';
import { useSession } from '@/api/session-slice';
import type { FieldProblem, Model, Problem } from '@/api/types';
import { useToasts } from '@/components/toast-slice';
import { missingOf } from './places';
import { sameAccess, sameModel } from './written';

/** Text that is typed; it stays as it was typed while the form is not used. */
export interface TypedText {
  text: string;
  /** How many things are wrong with it; while any are, the model is the last that could be read. */
  wrong: number;
}

const notGranted = {
  field: 'access_policies',
  detail: 'Only admins change who sees what.',
};
const missingIn = (model: Model, granted: boolean): FieldProblem[] => [
  ...missingOf(model),
  ...(granted ? [] : [notGranted]),
];

export function useModelDraft(saved: Model) {
  const [base, setBase] = useState(saved);
  const [seen, setSeen] = useState(saved);
  const [model, setModel] = useState(saved);
  const [typed, setTyped] = useState<TypedText | null>(null);
  const [theirs, setTheirs] = useState<Model | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [save, { isLoading: busy }] = useSaveModelMutation();
  const [reread] = modelsApi.useLazyGetModelQuery();
  const toasts = useToasts();
  const mayGrant = useSession().isAtLeast('admin');

  const unread = typed !== null && typed.wrong > 0;
  const changed = unread || !sameModel(model, base);
  const begin = (from: Model): void => {
    setBase(from);
    setModel(from);
    setTyped(null);
    setTheirs(null);
    setProblem(null);
  };
  const meet = (now: Model): void => {
    if (now.version === base.version) return;
    if (!changed || sameModel(now, model)) begin(now);
    else setTheirs(now);
  };
  if (saved !== seen) {
    setSeen(saved);
    meet(saved);
  }

  const edit = useCallback((change: (old: Model) => Model): void => {
    setProblem(null);
    setTyped(null);
    setModel(change);
  }, []);
  /** `read` is null while the text cannot be read. */
  const type = useCallback((text: string, wrong: number, read: Model | null): void => {
    setProblem(null);
    setTyped({ text, wrong });
    if (read !== null) setModel(read);
  }, []);

  const submit = async (): Promise<void> => {
    setProblem(null);
    const { name, version } = base;
    const answer = await save({ name, version, model: { ...model, version } });
    if (answer.data !== undefined) {
      begin(answer.data);
      toasts.show({ tone: 'success', message: 'Saved; it holds from the next question on' });
      return;
    }
    const refused = toProblem(answer.error);
    if (refused.code !== 'precondition_failed') {
      setProblem(refused);
      return;
    }
    const now = await reread(name);
    if (now.data === undefined) setProblem(toProblem(now.error));
    else setTheirs(now.data);
  };

  return {
    base,
    model,
    typed,
    unread,
    changed,
    busy,
    problem,
    missing: useMemo(
      () => missingIn(model, mayGrant || sameAccess(model, base)),
      [model, base, mayGrant],
    ),
    /** What somebody else has saved, where it is not what is edited. */
    theirs,
    edit,
    type,
    submit,
    reset: (): void => begin(theirs ?? base),
    keepMine: (): void => {
      setBase(theirs ?? base);
      setTheirs(null);
    },
  };
}

export type ModelDraft = ReturnType<typeof useModelDraft>;
