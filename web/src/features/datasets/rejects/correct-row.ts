// A corrected row: what is wrong with its values before they are sent, and its text as JSON. The engine has the last
// word; this only spares a round trip. Pure.
import type { ColumnField, ColumnType } from '@/api/types';

const yes = new Set(['true', 't', 'yes']);
const no = new Set(['false', 'f', 'no']);
const integerMax = 2n ** 63n;

function isDay(text: string): boolean {
  const day = new Date(`${text}T00:00:00Z`);
  return (
    /^\d{4}-\d{2}-\d{2}$/.test(text) &&
    !Number.isNaN(day.getTime()) &&
    day.toISOString().startsWith(text)
  );
}

function isInteger(text: string): boolean {
  if (!/^-?(0|[1-9]\d{0,18})$/.test(text)) return false;
  const value = BigInt(text);
  return value < integerMax && value >= -integerMax;
}

const isFloat = (text: string): boolean =>
  /^-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text) && Number.isFinite(Number(text));

function isTimestamp(text: string): boolean {
  const found =
    /^(\d{4}-\d{2}-\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,12})?)?(?:Z|z|[+-]\d{2}:?\d{2})?)?$/.exec(
      text,
    );
  if (!found || !isDay(found[1] ?? '')) return false;
  return Number(found[2] ?? 0) < 24 && Number(found[3] ?? 0) < 60 && Number(found[4] ?? 0) < 60;
}

function isJson(text: string, wanted: 'struct' | 'list'): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return wanted === 'list'
      ? Array.isArray(value)
      : typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

/** null where it is neither. */
export function booleanOf(typed: string): boolean | null {
  const text = typed.trim().toLowerCase();
  return yes.has(text) ? true : no.has(text) ? false : null;
}

/** What is wrong with a value; null when nothing is. An empty text is a missing value, which every column takes. */
export function cellProblem(type: ColumnType, typed: string): string | null {
  const text = typed.trim();
  if (text === '') return null;
  switch (type) {
    case 'integer':
      return isInteger(text) ? null : 'Enter a whole number, without separators';
    case 'float':
      return isFloat(text) ? null : 'Enter a number with a point, such as 12.5';
    case 'boolean':
      return booleanOf(text) === null ? 'Enter yes or no' : null;
    case 'date':
      return isDay(text) ? null : 'Enter a day such as 2013-01-31';
    case 'timestamp':
      return isTimestamp(text) ? null : 'Enter a time such as 2013-01-31T14:05:00Z';
    case 'struct':
    case 'list':
      return isJson(text, type) ? null : `Enter JSON, ${type === 'list' ? '[\u2026]' : '{\u2026}'}`;
    case 'string':
      return null;
  }
}

/** As JSON. A whole number is written digit by digit, because JavaScript would round a long one. */
function jsonOf(type: ColumnType, typed: string): string {
  const text = typed.trim();
  if (text === '') return 'null';
  if (type === 'integer') return text;
  if (type === 'float') return String(Number(text));
  if (type === 'boolean') return String(booleanOf(text) ?? false);
  if (type === 'struct' || type === 'list') return text;
  return JSON.stringify(type === 'string' ? typed : text);
}

/** An object of JSON, in one line; missing values are left out. */
export function rowText(
  columns: readonly ColumnField[],
  values: Readonly<Record<string, string>>,
): string {
  const parts = columns.flatMap(({ name, type }) => {
    const json = jsonOf(type, values[name] ?? '');
    return json === 'null' ? [] : [`${JSON.stringify(name)}:${json}`];
  });
  return `{${parts.join(',')}}`;
}

export const hasProblem = (
  columns: readonly ColumnField[],
  values: Readonly<Record<string, string>>,
): boolean => columns.some(({ name, type }) => cellProblem(type, values[name] ?? '') !== null);
