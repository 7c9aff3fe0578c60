// From the text of a rejected row to the values of its columns, as far as that can be told: the text of a delimited file
// comes without its header. Says what is in doubt, because somebody is going to load what comes out of it. Pure.
import type { DatasetColumn, RejectedRow } from '@/api/types';

export interface SplitRow {
  /** By column; a value that is missing is an empty text. */
  values: Record<string, string>;
  /** Why the values should be looked at, one by one; null when there is no reason. */
  doubt: string | null;
}

const nullTokens = new Set(['NA', 'N/A', 'NULL', 'null', '\\N', 'nan', 'NaN', '-']);
/** In texts, less means nothing: "-" may be meant. */
const nullTexts = new Set(['NA', 'NULL', '\\N']);
const delimiters = [',', ';', '\t', '|'];

/** The cells of one row, quotes taken off; null when the quotes do not close. */
export function cellsOf(text: string, delimiter: string): string[] | null {
  const cells: string[] = [];
  let at = 0;
  for (;;) {
    let cell = '';
    if (text[at] === '"') {
      at += 1;
      for (;;) {
        const end = text.indexOf('"', at);
        if (end < 0) return null;
        cell += text.slice(at, end);
        at = end + 1;
        if (text[at] !== '"') break;
        cell += '"';
        at += 1;
      }
      if (at < text.length && !text.startsWith(delimiter, at)) return null;
    } else {
      const end = text.indexOf(delimiter, at);
      cell = text.slice(at, end < 0 ? undefined : end);
      at += cell.length;
    }
    cells.push(cell);
    if (at >= text.length) return cells;
    at += delimiter.length;
  }
}

function shown(text: string, column: DatasetColumn): string {
  const isNull = column.type === 'string' ? nullTexts : nullTokens;
  return isNull.has(text.trim()) ? '' : text;
}

/** A number that JavaScript would round is taken from the text. */
function textOf(value: unknown, key: string, raw: string): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number' && !Number.isSafeInteger(value) && Number.isInteger(value)) {
    const escaped = JSON.stringify(key).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    return new RegExp(`${escaped}\\s*:\\s*(-?\\d+)`).exec(raw)?.[1] ?? '';
  }
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function fromObject(raw: string, columns: readonly DatasetColumn[]): SplitRow | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(raw);
  } catch {
    return null;
  }
  if (typeof parsed !== 'object' || parsed === null) return null;
  const object = parsed as Record<string, unknown>;
  const known = new Set(columns.map((column) => column.name));
  const others = Object.keys(object).filter((key) => !known.has(key));
  return {
    values: Object.fromEntries(
      columns.map((column) => [
        column.name,
        shown(textOf(object[column.name], column.name, raw), column),
      ]),
    ),
    doubt:
      others.length === 0
        ? null
        : `The dataset has no column ${others.map((name) => `\u201c${name}\u201d`).join(', ')}; what stands there is left out.`,
  };
}

function fromCells(reject: RejectedRow, columns: readonly DatasetColumn[]): SplitRow {
  const found = delimiters
    .map((delimiter) => cellsOf(reject.raw, delimiter))
    .filter((cells) => cells !== null)
    // What does not occur in the row does not separate its values.
    .filter((cells) => cells.length > 1 || columns.length === 1)
    .sort((a, b) => Math.abs(a.length - columns.length) - Math.abs(b.length - columns.length))[0];
  if (found === undefined) {
    return {
      values: Object.fromEntries(columns.map((column) => [column.name, ''])),
      doubt: 'Its values cannot be told apart; its quotes may not close.',
    };
  }
  const values = Object.fromEntries(
    columns.map((column, place) => [column.name, shown(found[place] ?? '', column)]),
  );
  if (found.length !== columns.length) {
    return {
      values,
      doubt: `It has ${found.length} values and the dataset ${columns.length} columns; they are filled in from the left.`,
    };
  }
  const place = columns.findIndex((column) => column.name === reject.column);
  const elsewhere = place >= 0 && reject.value !== null && found[place] !== reject.value;
  return {
    values,
    doubt: elsewhere
      ? 'The file seems to have its columns in another order than the dataset.'
      : null,
  };
}

export function splitRow(reject: RejectedRow, columns: readonly DatasetColumn[]): SplitRow {
  const raw = reject.raw.trim();
  if (raw === '') {
    return {
      values: Object.fromEntries(
        columns.map(({ name }) => [name, name === reject.column ? (reject.value ?? '') : '']),
      ),
      doubt: 'Files of this kind have no text to keep, so only the value at fault is known.',
    };
  }
  const split = (raw.startsWith('{') && fromObject(raw, columns)) || fromCells(reject, columns);
  return raw.endsWith('\u2026')
    ? { ...split, doubt: 'The row is longer than what is kept of it, so its end is missing.' }
    : split;
}
