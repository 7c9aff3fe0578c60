// A definition on its way: edited in the form or as text, and saved over the version that was read. What somebody else has
// saved meanwhile is asked about, never overwritten unseen. Models and views are edited alike.
import { useCallback, useState } from 'react';
import { toProblem } from '@/api/problem';
import type { FieldProblem, Problem } from '@/api/types';
import { useToasts } from '@/components/toast-slice';

/** Text that is typed; it stays as it was typed while the form is not used. */
export interface TypedText {
  text: string;
  /** How many things are wrong with it; while any are, the definition is the last that could be read. */
  wrong: number;
}

export interface Answered<T> {
  data?: T | undefined;
  error?: unknown;
}

export interface DraftOf<T> {
  /** Whether both say the same, but for their versions. */
  same: (a: T, b: T) => boolean;
  /** In place of what was read; version 0 makes a new one. */
  save: (value: T, base: T) => Promise<Answered<T>>;
  reread: (name: string) => Promise<Answered<T>>;
  /** What is said where there is one of that name already. */
  taken: string;
}

interface Definition {
  name: string;
  version?: number;
}

export function useDraft<T extends Definition>(
  saved: T,
  { same, save, reread, taken }: DraftOf<T>,
) {
  const [base, setBase] = useState(saved);
  const [seen, setSeen] = useState(saved);
  const [value, setValue] = useState(saved);
  const [typed, setTyped] = useState<TypedText | null>(null);
  const [theirs, setTheirs] = useState<T | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const toasts = useToasts();

  const unread = typed !== null && typed.wrong > 0;
  const changed = unread || !same(value, base);
  const begin = (from: T): void => {
    setBase(from);
    setValue(from);
    setTyped(null);
    setTheirs(null);
    setProblem(null);
  };
  const meet = (now: T): void => {
    if (now.version === base.version) return;
    if (!changed || same(now, value)) begin(now);
    else setTheirs(now);
  };
  if (saved !== seen) {
    setSeen(saved);
    meet(saved);
  }

  const edit = useCallback((change: (old: T) => T): void => {
    setProblem(null);
    setTyped(null);
    setValue(change);
  }, []);
  /** `read` is null while the text cannot be read. */
  const type = useCallback((text: string, wrong: number, read: T | null): void => {
    setProblem(null);
    setTyped({ text, wrong });
    if (read !== null) setValue(read);
  }, []);

  const sent = async (): Promise<void> => {
    const answer = await save({ ...value, version: base.version }, base);
    if (answer.data !== undefined) {
      begin(answer.data);
      toasts.show({ tone: 'success', message: 'Saved; it holds from the next question on' });
      return;
    }
    const refused = toProblem(answer.error);
    if (refused.code !== 'precondition_failed') return setProblem(refused);
    if (base.version === 0) {
      const said: FieldProblem = { field: 'name', detail: taken };
      return setProblem({ ...refused, errors: [said] });
    }
    const now = await reread(base.name);
    if (now.data === undefined) setProblem(toProblem(now.error));
    else setTheirs(now.data);
  };
  const submit = async (): Promise<void> => {
    setProblem(null);
    setBusy(true);
    try {
      await sent();
    } finally {
      setBusy(false);
    }
  };

  return {
    base,
    value,
    typed,
    unread,
    changed,
    busy,
    problem,
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

export type Draft<T extends Definition> = ReturnType<typeof useDraft<T>> & {
  /** What has to be there before the server is asked. */
  missing: FieldProblem[];
};
