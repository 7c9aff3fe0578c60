// A list of steps or rules while it is typed: every parameter has a value that a field can show, and ids that outlive moves.
// One that this page cannot show whole (a newer server knows more) is kept as it came. Pure.
import { emptyOf, hasLineBreak, problemOf, sentOf, shownOf } from './field';
import type { Kind, Value, Values } from './field';

export interface ItemDraft<T> {
  id: number;
  kind: string;
  values: Values;
  /** The thing itself, where it cannot be shown. */
  kept: T | null;
}

export interface Draft<T> {
  items: readonly ItemDraft<T>[];
  nextId: number;
}

export type DraftEvent<T> =
  | { type: 'added'; kind: string }
  | { type: 'removed'; id: number }
  | { type: 'moved'; id: number; by: 1 | -1 }
  | { type: 'changed'; id: number; parameter: string; value: Value }
  | { type: 'read'; items: readonly T[] };

export interface DraftRules {
  /** The field that says which kind it is. */
  tag: string;
  kindOf: (kind: string) => Kind | undefined;
  /** Typed texts as the values that they stand for, where a field does not tell. */
  finish?: (item: Record<string, unknown>) => Record<string, unknown>;
}

export interface Drafts<T> {
  read: (items: readonly T[]) => Draft<T>;
  reduce: (draft: Draft<T>, event: DraftEvent<T>) => Draft<T>;
  toItem: (draft: ItemDraft<T>) => T;
  /** What is missing or wrong, by parameter. */
  problemsOf: (draft: ItemDraft<T>) => Record<string, string>;
}

/** Without what says nothing, and in one order. */
const plain = (item: object): string =>
  JSON.stringify(
    Object.entries(item)
      .filter(([, value]) => value !== null && value !== false)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

export function draftsOf<T extends object>(rules: DraftRules): Drafts<T> {
  const { tag, kindOf, finish = (item) => item } = rules;
  const fieldsOf = (kind: string) => Object.entries(kindOf(kind)?.fields ?? {});

  const made = (kind: string, values: Values): T => {
    const sent = fieldsOf(kind).flatMap(([name, field]) => {
      const value = sentOf(field, values[name] ?? emptyOf(field));
      return value === undefined ? [] : [[name, value] as const];
    });
    return finish({ [tag]: kind, ...Object.fromEntries(sent) }) as T;
  };

  const fallbacksOf = (kind: string): Record<string, unknown> =>
    Object.fromEntries(
      fieldsOf(kind).flatMap(([name, { fallback }]) =>
        fallback === undefined || fallback === '' ? [] : [[name, fallback]],
      ),
    );

  const fromItem = (item: T, id: number): ItemDraft<T> => {
    const stored = item as Record<string, unknown>;
    const kind = String(stored[tag]);
    const values = Object.fromEntries(
      fieldsOf(kind).map(([name, field]) => [name, shownOf(field, stored[name])]),
    );
    // What the server leaves out as its own choice may stand here, and the other way round.
    const whole = { ...fallbacksOf(kind), ...item };
    const back = { ...fallbacksOf(kind), ...made(kind, values) };
    const same =
      kindOf(kind) !== undefined && !hasLineBreak(values) && plain(whole) === plain(back);
    return { id, kind, values: same ? values : {}, kept: same ? null : item };
  };

  const read = (items: readonly T[]): Draft<T> => ({
    items: items.map(fromItem),
    nextId: items.length,
  });

  return {
    read,
    toItem: ({ kind, values, kept }) => kept ?? made(kind, values),
    problemsOf: ({ kind, values, kept }) =>
      kept
        ? {}
        : Object.fromEntries(
            fieldsOf(kind).flatMap(([name, field]) => {
              const problem = problemOf(field, values[name] ?? emptyOf(field));
              return problem === null ? [] : [[name, problem] as const];
            }),
          ),
    reduce: (draft, event) => {
      const { items, nextId } = draft;
      switch (event.type) {
        case 'added': {
          const values = Object.fromEntries(
            fieldsOf(event.kind).map(([name, field]) => [name, emptyOf(field)]),
          );
          const added = { id: nextId, kind: event.kind, values, kept: null };
          return { items: [...items, added], nextId: nextId + 1 };
        }
        case 'removed':
          return { ...draft, items: items.filter(({ id }) => id !== event.id) };
        case 'moved': {
          const from = items.findIndex(({ id }) => id === event.id);
          const moved = items[from];
          const to = from + event.by;
          if (moved === undefined || to < 0 || to >= items.length) return draft;
          const others = items.filter((item) => item !== moved);
          return { ...draft, items: [...others.slice(0, to), moved, ...others.slice(to)] };
        }
        case 'changed':
          return {
            ...draft,
            items: items.map((item) =>
              item.id === event.id
                ? { ...item, values: { ...item.values, [event.parameter]: event.value } }
                : item,
            ),
          };
        case 'read':
          return read(event.items);
      }
    },
  };
}
