// A list of steps or rules on its way: typed, put in order, and saved. Nothing that somebody else has saved meanwhile is lost
// without a question: the list is read once more before it is replaced. The fields are disabled while it is busy, so that the
// answer is about what is shown.
import { useMemo, useReducer, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { toProblem } from '@/api/problem';
import type { Problem } from '@/api/types';
import { announce } from '@/components/announcer';
import { useToasts } from '@/components/toast-slice';
import type { DraftEvent, Drafts, ItemDraft } from './draft';
import type { Value } from './field';
import { refusalsOf } from './refusals';

interface Answer<S> {
  data?: S;
  error?: unknown;
}

export interface DraftListOrder<S, T extends object> {
  noun: 'step' | 'rule';
  drafts: Drafts<T>;
  labelOf: (kind: string) => string;
  /** As the server has it: newer than what is typed began with, where somebody else has saved. */
  saved: S;
  itemsOf: (saved: S) => readonly T[];
  /** What else of it somebody else may have changed. */
  restOf?: (saved: S) => unknown;
  /** What the server has now. */
  reread: () => Promise<Answer<S>>;
}

export type DraftList<S, T extends object> = ReturnType<typeof useDraftList<S, T>>;

const nothing = (): unknown => null;

export function useDraftList<S, T extends object>(order: DraftListOrder<S, T>) {
  const { noun, drafts, labelOf, saved, itemsOf, restOf = nothing, reread } = order;
  const { read, reduce, toItem, problemsOf } = drafts;
  // What is typed began with the base; what is saved comes as news, also of what was saved here.
  const [base, setBase] = useState(saved);
  const [seen, setSeen] = useState(saved);
  const [theirs, setTheirs] = useState<S | null>(null);
  const [draft, dispatch] = useReducer(reduce, itemsOf(saved), read);
  const [openId, setOpenId] = useState<number | null>(null);
  const [busy, setBusy] = useState(false);
  const [unread, setUnread] = useState<Problem | null>(null);
  const [refused, setRefused] = useState<Problem | null>(null);
  const listRef = useRef<HTMLOListElement>(null);
  const addRef = useRef<{ focus: () => void }>(null);
  const toasts = useToasts();

  const items = useMemo(() => draft.items.map(toItem), [draft.items, toItem]);
  const textOf = (of: readonly T[], rest: unknown): string => JSON.stringify([of, rest]);
  const written = (from: S): string => textOf(read(itemsOf(from)).items.map(toItem), restOf(from));
  const typed = textOf(items, restOf(base));
  const changed = typed !== written(base);
  const missing = draft.items.map(problemsOf);
  const incomplete = missing.findIndex((problems) => Object.keys(problems).length > 0);
  const refusals = refusalsOf(refused, noun);

  // What was said of the list before may not hold any more.
  const forget = (): void => {
    setUnread(null);
    setRefused(null);
  };
  const begin = (from: S): void => {
    forget();
    dispatch({ type: 'read', items: itemsOf(from) });
    setBase(from);
    setTheirs(null);
    setOpenId(null);
  };
  const meet = (now: S): void => {
    if (written(now) === written(base) || written(now) === typed) {
      setBase(now);
      setTheirs(null);
    } else if (changed) setTheirs(now);
    else begin(now);
  };
  if (saved !== seen) {
    setSeen(saved);
    meet(saved);
  }

  const change = (event: DraftEvent<T>): void => {
    forget();
    dispatch(event);
  };

  const save = async (
    write: (items: readonly T[]) => Promise<Answer<S>>,
    told: string,
  ): Promise<void> => {
    setBusy(true);
    forget();
    try {
      const now = await reread();
      // What was read before stays beside an error.
      if (now.error || now.data === undefined) {
        setUnread(toProblem(now.error));
        return;
      }
      if (![written(base), typed].includes(written(now.data))) {
        meet(now.data);
        if (!changed) {
          toasts.show({
            tone: 'info',
            message: `Somebody else has changed the ${noun}s meanwhile`,
          });
        }
        return;
      }
      const { data: result, error } = await write(items);
      if (result === undefined) {
        setRefused(toProblem(error));
        return;
      }
      setBase(result);
      setTheirs(null);
      if (textOf(items, restOf(result)) !== written(result)) begin(result);
      toasts.show({ tone: 'success', message: told });
    } finally {
      setBusy(false);
    }
  };

  const remove = ({ id, kind }: ItemDraft<T>, place: number): void => {
    flushSync(() => change({ type: 'removed', id }));
    announce(`${labelOf(kind)} was removed`);
    // The button that had the focus is gone.
    const list = listRef.current;
    const next = list?.children[place] ?? list?.lastElementChild;
    (next?.querySelector('button') ?? addRef.current)?.focus();
  };

  return {
    noun,
    draftItems: draft.items,
    items,
    /** By item, what is missing or wrong, by parameter. */
    missing,
    /** The place of the first that is not complete; -1 where all are. */
    incomplete,
    base,
    changed,
    busy,
    refusals,
    /** Why it could not be read once more. */
    unread,
    /** What somebody else has saved, where it is not what is typed. */
    theirs,
    listRef,
    addRef,
    change,
    add: (kind: string): void => {
      change({ type: 'added', kind });
      setOpenId(draft.nextId);
    },
    /** To what is saved, by whomever. */
    reset: (): void => begin(theirs ?? base),
    keepMine: (): void => {
      setBase(theirs ?? base);
      setTheirs(null);
    },
    save,
    /** What an item in the list needs. */
    itemProps: (item: ItemDraft<T>, place: number) => ({
      noun,
      draft: item,
      place,
      last: place === draft.items.length - 1,
      open: openId === item.id,
      problems: missing[place] ?? {},
      refusal: refusals.items.get(place) ?? null,
      onToggle: (): void => setOpenId(openId === item.id ? null : item.id),
      onMove: (by: 1 | -1): void => {
        change({ type: 'moved', id: item.id, by });
        announce(`${labelOf(item.kind)} is ${noun} ${place + 1 + by} now`);
      },
      onRemove: (): void => remove(item, place),
      onChange: (parameter: string, value: Value): void =>
        change({ type: 'changed', id: item.id, parameter, value }),
    }),
  };
}
