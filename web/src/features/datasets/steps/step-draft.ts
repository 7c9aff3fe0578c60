// A step while it is typed: every parameter has a value that a field can show, and ids that outlive moves. A step that this
// page cannot show whole (a newer server knows more) is kept as it came. Pure.
import type { ColumnField, Step } from '@/api/types';
import { kindOf } from './step-kinds';
import type { Field, Op } from './step-kinds';

export type Pair = readonly [string, string];
export type Value = string | boolean | readonly string[] | readonly Pair[];
export type Values = Readonly<Record<string, Value>>;

export interface StepDraft {
  id: number;
  op: string;
  values: Values;
  /** The step itself, where it cannot be shown. */
  kept: Step | null;
}

export interface Draft {
  steps: readonly StepDraft[];
  nextId: number;
}

export type DraftEvent =
  | { type: 'stepAdded'; op: Op }
  | { type: 'stepRemoved'; id: number }
  | { type: 'stepMoved'; id: number; by: 1 | -1 }
  | { type: 'stepChanged'; id: number; parameter: string; value: Value }
  | { type: 'stepsRead'; steps: readonly Step[] };

function emptyOf({ asked, fallback = '' }: Field): Value {
  switch (asked) {
    case 'flag':
      return false;
    case 'lines':
    case 'columns':
    case 'names':
      return [];
    case 'pairs':
      return [['', '']];
    default:
      return String(fallback);
  }
}

function shownOf(field: Field, value: unknown): Value {
  if (value === undefined || value === null) return emptyOf(field);
  if (field.asked === 'pairs') return Object.entries(value as Record<string, string>);
  if (Array.isArray(value)) return value as string[];
  return typeof value === 'boolean' ? value : String(value);
}

const isEmptyPair = ([left, right]: Pair): boolean => left === '' && right === '';

/** An empty line is there to be typed in. */
const textsOf = (value: Exclude<Value, string | boolean>): readonly string[] =>
  (value as readonly string[]).filter((text) => text !== '');

/** undefined: left out. */
function sentOf(field: Field, value: Value): unknown {
  if (field.asked === 'pairs') {
    const pairs = (value as readonly Pair[]).filter((pair) => !isEmptyPair(pair));
    return Object.fromEntries(pairs);
  }
  if (typeof value === 'boolean') return value || undefined;
  if (typeof value !== 'string') {
    const texts = textsOf(value);
    return texts.length > 0 || field.required ? texts : undefined;
  }
  if (!field.required && value === String(field.fallback ?? '')) return undefined;
  return field.asked === 'number' ? Number(value) : value;
}

function stepOf(op: string, values: Values): Step {
  const fields = Object.entries(kindOf(op)?.fields ?? {});
  const sent = fields.flatMap(([name, field]) => {
    const value = sentOf(field, values[name] ?? emptyOf(field));
    return value === undefined ? [] : [[name, value] as const];
  });
  return { op, ...Object.fromEntries(sent) } as Step;
}

export const toStep = ({ op, values, kept }: StepDraft): Step => kept ?? stepOf(op, values);

/** Without what says nothing, and in one order. */
const plain = (step: object): string =>
  JSON.stringify(
    Object.entries(step)
      .filter(([, value]) => value !== null && value !== false)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

function fromStep(step: Step, id: number): StepDraft {
  const kind = kindOf(step.op);
  const values = Object.fromEntries(
    Object.entries(kind?.fields ?? {}).map(([name, field]) => [
      name,
      shownOf(field, (step as unknown as Record<string, unknown>)[name]),
    ]),
  );
  // What the server leaves out as its own choice may stand here, and the other way round.
  const whole = { ...fallbacksOf(step.op), ...step };
  const back = { ...fallbacksOf(step.op), ...stepOf(step.op, values) };
  const same = kind !== undefined && plain(whole) === plain(back);
  return { id, op: step.op, values: same ? values : {}, kept: same ? null : step };
}

const fallbacksOf = (op: string): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(kindOf(op)?.fields ?? {}).flatMap(([name, { fallback }]) =>
      fallback === undefined || fallback === '' ? [] : [[name, fallback]],
    ),
  );

export const readSteps = (steps: readonly Step[]): Draft => ({
  steps: steps.map(fromStep),
  nextId: steps.length,
});

export function reduce(draft: Draft, event: DraftEvent): Draft {
  const { steps, nextId } = draft;
  switch (event.type) {
    case 'stepAdded': {
      const fields = Object.entries(kindOf(event.op)?.fields ?? {});
      const values = Object.fromEntries(fields.map(([name, field]) => [name, emptyOf(field)]));
      const added = { id: nextId, op: event.op, values, kept: null };
      return { steps: [...steps, added], nextId: nextId + 1 };
    }
    case 'stepRemoved':
      return { ...draft, steps: steps.filter(({ id }) => id !== event.id) };
    case 'stepMoved': {
      const from = steps.findIndex(({ id }) => id === event.id);
      const moved = steps[from];
      const to = from + event.by;
      if (moved === undefined || to < 0 || to >= steps.length) return draft;
      const others = steps.filter((step) => step !== moved);
      return { ...draft, steps: [...others.slice(0, to), moved, ...others.slice(to)] };
    }
    case 'stepChanged':
      return {
        ...draft,
        steps: steps.map((step) =>
          step.id === event.id
            ? { ...step, values: { ...step.values, [event.parameter]: event.value } }
            : step,
        ),
      };
    case 'stepsRead':
      return readSteps(event.steps);
  }
}

/** What is missing or wrong, by parameter; the server says the rest. */
export function problemsOf({ op, values, kept }: StepDraft): Record<string, string> {
  if (kept) return {};
  const fields = Object.entries(kindOf(op)?.fields ?? {});
  return Object.fromEntries(
    fields.flatMap(([name, field]) => {
      const problem = problemOf(field, values[name] ?? emptyOf(field));
      return problem === null ? [] : [[name, problem] as const];
    }),
  );
}

function problemOf(field: Field, value: Value): string | null {
  if (field.asked === 'pairs') {
    const pairs = (value as readonly Pair[]).filter((pair) => !isEmptyPair(pair));
    if (pairs.length === 0) return 'Enter at least one';
    if (pairs.some(([left, right]) => left === '' || right === '')) return 'Enter both sides';
    const lefts = new Set(pairs.map(([left]) => left));
    return lefts.size < pairs.length ? 'Each can stand on the left once' : null;
  }
  if (typeof value === 'boolean') return null;
  const empty = (typeof value === 'string' ? value : textsOf(value)).length === 0;
  if (field.required && !field.mayBeEmpty && empty) {
    return field.options || ['column', 'columns', 'dataset'].includes(field.asked)
      ? 'Choose one'
      : 'Enter something';
  }
  if (field.asked === 'number' && value !== '' && !Number.isFinite(Number(value))) {
    return 'Enter a number';
  }
  return null;
}

/** The columns that come to the step at a place, by name, as far as the steps before it say. */
export function columnsAt(
  source: readonly ColumnField[],
  steps: readonly StepDraft[],
  place: number,
): string[] {
  const fieldsOf = new Map(source.map(({ name, fields }) => [name, fields ?? []]));
  return steps.slice(0, place).reduce(
    (names, draft) => {
      const step = toStep(draft);
      switch (step.op) {
        case 'rename': {
          const renamed = new Map(Object.entries(step.columns));
          return names.map((name) => renamed.get(name) ?? name);
        }
        case 'drop':
          return names.filter((name) => !step.columns.includes(name));
        case 'flatten': {
          const prefix = step.prefix ?? `${step.column}_`;
          const made = (fieldsOf.get(step.column) ?? []).map(({ name }) => `${prefix}${name}`);
          return names.flatMap((name) => (name === step.column ? made : [name]));
        }
        default:
          return [...new Set([...names, ...madeBy(step)])];
      }
    },
    source.map(({ name }) => name),
  );
}

function madeBy(step: Step): string[] {
  switch (step.op) {
    case 'derive':
      return step.column === '' ? [] : [step.column];
    case 'split':
      return step.into;
    case 'look_up':
      return Object.values(step.take);
    case 'parse_date':
    case 'parse_number':
    case 'unit':
      return step.into ? [step.into] : [];
    default:
      return [];
  }
}
