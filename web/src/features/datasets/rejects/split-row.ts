// From the text of a rejected row to the values of its columns, as far as that can be told: the text of a delimited file
// comes without its header. Says what is in doubt, because somebody is going to load what comes out of it. Pure.
import type { ColumnField, RejectedRow } from '@/api/types';
import { valueTexts } from './value-texts';

export interface SplitRow {
  /** By column; a value that is missing is an empty text. */
  values: Record<string, string>;
  /** Why the values should be looked at, one by one; null when there is no reason. */
  doubt: string | null;
  /** What was taken for granted although nothing speaks against it. */
  note: string | null;
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

function shown(text: string, column: ColumnField): string {
  const isNull = column.type === 'string' ? nullTexts : nullTokens;
  return isNull.has(text.trim()) ? '' : text;
}

/** Numbers and what holds others are taken as they are written, because JavaScript would round long ones. */
function textOf(json: string | undefined): string {
  if (json === undefined || json === 'null') return '';
  return json.startsWith('"') ? (JSON.parse(json) as string) : json;
}

/** What is missing is null in an object, so that its texts stand for themselves. */
function fromObject(raw: string, columns: readonly ColumnField[]): SplitRow | null {
  const texts = valueTexts(raw);
  if (texts === null) return null;
  const known = new Set(columns.map((column) => column.name));
  const others = [...texts.keys()].filter((key) => !known.has(key));
  return {
    values: Object.fromEntries(columns.map(({ name }) => [name, textOf(texts.get(name))])),
    doubt:
      others.length === 0
        ? null
        : `The dataset has no column ${others.map((name) => `\u201c${name}\u201d`).join(', ')}; what stands there is left out.`,
    note: null,
  };
}

/** The engine takes the space off both ends of a value, and shortens a long one. */
function standsIn(cell: string, value: string): boolean {
  const known = value.trim();
  return known.endsWith('\u2026')
    ? cell.trim().startsWith(known.slice(0, -1))
    : cell.trim() === known;
}

/**
 * Whether the cells can be taken to be in the order of the columns: only the value at fault says where it belongs. Without
 * it, or where it stands elsewhere, every value may be another column's.
 */
function orderOf(
  found: readonly string[],
  reject: RejectedRow,
  columns: readonly ColumnField[],
): Pick<SplitRow, 'doubt' | 'note'> {
  const place = columns.findIndex(({ name }) => name === reject.column);
  const cell = found[place];
  if (cell === undefined || reject.value === null) {
    return {
      doubt:
        "The file's header is not kept, and nothing says which value is whose; they are taken to be in the order of the dataset's columns.",
      note: null,
    };
  }
  if (!standsIn(cell, reject.value)) {
    return {
      doubt: 'The file seems to have its columns in another order than the dataset.',
      note: null,
    };
  }
  return {
    doubt: null,
    note: "The file's header is not kept: the values are taken to be in the order of the dataset's columns, as the one at fault is.",
  };
}

function fromCells(raw: string, reject: RejectedRow, columns: readonly ColumnField[]): SplitRow {
  const found = delimiters
    .map((delimiter) => cellsOf(raw, delimiter))
    .filter((cells) => cells !== null)
    // What does not occur in the row does not separate its values.
    .filter((cells) => cells.length > 1 || columns.length === 1)
    .sort((a, b) => Math.abs(a.length - columns.length) - Math.abs(b.length - columns.length))[0];
  if (found === undefined) {
    return {
      values: Object.fromEntries(columns.map((column) => [column.name, ''])),
      doubt: 'Its values cannot be told apart; its quotes may not close.',
      note: null,
    };
  }
  const values = Object.fromEntries(
    columns.map((column, place) => [column.name, shown(found[place] ?? '', column)]),
  );
  if (found.length !== columns.length) {
    return {
      values,
      doubt: `It has ${found.length} values and the dataset ${columns.length} columns; they are filled in from the left.`,
      note: null,
    };
  }
  return { values, ...orderOf(found, reject, columns) };
}

export function splitRow(reject: RejectedRow, columns: readonly ColumnField[]): SplitRow {
  // Line ends alone: a tab at the beginning is a first value that is missing.
  const raw = reject.raw.replace(/^[\r\n]+|[\r\n]+$/g, '');
  if (raw === '') {
    return {
      values: Object.fromEntries(
        columns.map(({ name }) => [name, name === reject.column ? (reject.value ?? '') : '']),
      ),
      doubt: 'Files of this kind have no text to keep, so only the value at fault is known.',
      note: null,
    };
  }
  const split =
    (raw.trimStart().startsWith('{') && fromObject(raw, columns)) ||
    fromCells(raw, reject, columns);
  return raw.endsWith('\u2026')
    ? {
        ...split,
        doubt: 'The row is longer than what is kept of it, so its end is missing.',
        note: null,
      }
    : split;
}
