// A parameter as a field shows it: what kinds of fields there are, and the way from what is stored to what is typed and back.
// Steps and rules are made of them. Pure.

/** `lines` are texts, one a line; `columns` are chosen among those that there are, `names` are new ones; a `key` is a column
    of the dataset that another parameter names. */
export type Asked =
  | 'text'
  | 'code'
  | 'number'
  | 'flag'
  | 'choice'
  | 'lines'
  | 'column'
  | 'columns'
  | 'names'
  | 'dataset'
  | 'key'
  | 'pairs';

export interface Field {
  label: string;
  asked: Asked;
  /** What is left out where it is this, because the server takes it then. */
  fallback?: string | number;
  required?: boolean;
  /** An empty text is one too. */
  mayBeEmpty?: boolean;
  hint?: string;
  options?: readonly (readonly [value: string, label: string])[];
  /** Of pairs: what stands left and right. */
  sides?: readonly [string, string];
  /** Of a key: the parameter that names its dataset. */
  of?: string;
}

/** What a step or a rule can be: what it does in words, and its parameters with how they are asked for. */
export interface Kind {
  label: string;
  does: string;
  fields: Record<string, Field>;
}

export type Pair = readonly [string, string];
export type Value = string | boolean | readonly string[] | readonly Pair[];
export type Values = Readonly<Record<string, Value>>;

export function emptyOf({ asked, fallback = '' }: Field): Value {
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

export function shownOf(field: Field, value: unknown): Value {
  if (value === undefined || value === null) return emptyOf(field);
  if (field.asked === 'pairs') return Object.entries(value as Record<string, string>);
  if (Array.isArray(value)) return value.map(String);
  return typeof value === 'boolean' && field.asked === 'flag' ? value : String(value);
}

/** No field can hold one: a line is a value, or the browser takes it out. */
export const hasLineBreak = (values: Values): boolean =>
  Object.values(values)
    .flat(2)
    .some((value) => typeof value === 'string' && /[\r\n]/.test(value));

const isEmptyPair = ([left, right]: Pair): boolean => left === '' && right === '';

/** An empty line is there to be typed in. */
const textsOf = (value: Exclude<Value, string | boolean>): readonly string[] =>
  (value as readonly string[]).filter((text) => text !== '');

/** undefined: left out. */
export function sentOf(field: Field, value: Value): unknown {
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

/** What is missing or wrong; the server says the rest. */
export function problemOf(field: Field, value: Value): string | null {
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
    return field.options || ['column', 'columns', 'dataset', 'key'].includes(field.asked)
      ? 'Choose one'
      : 'Enter something';
  }
  if (field.asked === 'number' && value !== '' && !Number.isFinite(Number(value))) {
    return 'Enter a number';
  }
  return null;
}
