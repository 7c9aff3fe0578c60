// From the text of a rejected row to the values of its columns: by the header of its file, or, of loads from before that was
// kept, as far as it can be told. Says what is in doubt, because somebody is going to load what comes out of it. Pure.
import type { ColumnField, RejectedRow, RowHeader } from '@/api/types';
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

export interface SplitCell {
  text: string;
  /** What is quoted is a text, also where it reads as a missing value without its quotes. */
  quoted: boolean;
}

/** The cells of one row, quotes taken off; null when the quotes do not close. */
export function cellsOf(text: string, delimiter: string): SplitCell[] | null {
  const cells: SplitCell[] = [];
  let at = 0;
  for (;;) {
    let cell = '';
    const quoted = text[at] === '"';
    if (quoted) {
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
    cells.push({ text: cell, quoted });
    if (at >= text.length) return cells;
    at += delimiter.length;
  }
}

/**
 * As the engine does: a quoted text is what it is, and one without quotes stands for nothing as it is written, space around it
 * and all; every other type has no use for such a text. `named` are those that the load named in the place of the usual ones.
 */
function shown(
  cell: SplitCell | undefined,
  { type }: ColumnField,
  named?: readonly string[] | null,
): string {
  if (cell === undefined) return '';
  const { text, quoted } = cell;
  if (type === 'string') {
    return !quoted && (named ? named.includes(text) : nullTexts.has(text)) ? '' : text;
  }
  return (named ? named.includes(text.trim()) : nullTokens.has(text.trim())) ? '' : text;
}

/** Of a load that named texts as missing: numbers and words of JSON are told by what they are, not by how they are written. */
function isNamed(json: string | undefined, named: readonly string[]): boolean {
  if (json === undefined || /^[{[]/.test(json)) return false;
  const text = textOf(json);
  if (json.startsWith('"')) return named.includes(text.trim());
  return (
    named.includes(text) || named.some((name) => isNumber(name) && Number(name) === Number(text))
  );
}

/** A number without leading zeros, as the engine reads one where nobody has said that there is one. */
const isNumber = (text: string): boolean =>
  /^-?(0|[1-9]\d*)?(\.\d*)?([eE][+-]?\d+)?$/.test(text) && /\d/.test(text);

/** Numbers and what holds others are taken as they are written, because JavaScript would round long ones. */
function textOf(json: string | undefined): string {
  if (json === undefined || json === 'null') return '';
  return json.startsWith('"') ? (JSON.parse(json) as string) : json;
}

/**
 * What is missing is null in an object, so that its texts stand for themselves. Only in a file of JSON some of them may be those
 * that its load named: `named`.
 */
function fromObject(
  raw: string,
  columns: readonly ColumnField[],
  named: readonly string[],
): SplitRow | null {
  const texts = valueTexts(raw);
  if (texts === null) return null;
  const valueOf = (json: string | undefined) => (isNamed(json, named) ? '' : textOf(json));
  const known = new Set(columns.map((column) => column.name));
  const others = [...texts.keys()].filter((key) => !known.has(key));
  return {
    values: Object.fromEntries(columns.map(({ name }) => [name, valueOf(texts.get(name))])),
    doubt: leftOut(others),
    note: null,
  };
}

const leftOut = (names: readonly string[]): string | null =>
  names.length === 0
    ? null
    : `The dataset has no column ${names.map((name) => `\u201c${name}\u201d`).join(', ')}; what stands there is left out.`;

const nothing = (columns: readonly ColumnField[]): Record<string, string> =>
  Object.fromEntries(columns.map(({ name }) => [name, '']));

const notClosed = 'Its values cannot be told apart; its quotes may not close.';

/** The header says whose each value is. */
function byHeader(
  raw: string,
  columns: readonly ColumnField[],
  header: RowHeader,
  delimiter: string,
): SplitRow {
  const cells = cellsOf(raw, delimiter);
  if (cells === null) return { values: nothing(columns), doubt: notClosed, note: null };
  const places = new Map(header.columns.map((name, place) => [name, place]));
  const values = Object.fromEntries(
    columns.map((column) => {
      const place = places.get(column.name);
      return [
        column.name,
        place === undefined ? '' : shown(cells[place], column, header.null_tokens),
      ];
    }),
  );
  if (cells.length !== header.columns.length) {
    const doubt = `It has ${cells.length} values and its file ${header.columns.length} columns; they are filled in from the left.`;
    return { values, doubt, note: null };
  }
  const known = new Set(columns.map(({ name }) => name));
  const others = header.columns.filter(
    (name, place) => !known.has(name) && cells[place]?.text !== '',
  );
  return { values, doubt: leftOut(others), note: null };
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
  found: readonly SplitCell[],
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
  if (!standsIn(cell.text, reject.value)) {
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
    return { values: nothing(columns), doubt: notClosed, note: null };
  }
  const values = Object.fromEntries(
    columns.map((column, place) => [column.name, shown(found[place], column)]),
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

export function splitRow(
  reject: RejectedRow,
  columns: readonly ColumnField[],
  header?: RowHeader,
): SplitRow {
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
  // Where rows are objects there is nothing between cells.
  const delimiter = header?.delimiter ?? null;
  const named = delimiter === null ? (header?.null_tokens ?? []) : [];
  const object = raw.trimStart().startsWith('{') && fromObject(raw, columns, named);
  if (header !== undefined && delimiter !== null) {
    return object || byHeader(raw, columns, header, delimiter);
  }
  const split = object || fromCells(raw, reject, columns);
  return raw.endsWith('\u2026')
    ? {
        ...split,
        doubt: 'The row is longer than what is kept of it, so its end is missing.',
        note: null,
      }
    : split;
}
