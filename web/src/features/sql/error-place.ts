// Where in a statement an error is, from what the server says of it: a line and a column, or a name that stands in it. Pure.

export interface ErrorPlace {
  from: number;
  to: number;
}

const word = /[\w$]/;

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Where a word begins for the last time up to a place; -1: nowhere. */
function lastBefore(sql: string, found: string, offset: number): number {
  const edge = word.test(found) ? '(?![\\w$])' : '';
  const start = word.test(found) ? '(?<![\\w$])' : '';
  const places = [...sql.matchAll(new RegExp(`${start}${escaped(found)}${edge}`, 'g'))];
  return places.findLast(({ index }) => index <= offset)?.index ?? -1;
}

/** The word at a place, or one character. */
function wordAt(sql: string, at: number): ErrorPlace {
  const from = Math.min(Math.max(at, 0), Math.max(0, sql.length - 1));
  let to = from;
  while (to < sql.length && word.test(sql[to] ?? '')) to += 1;
  return { from, to: Math.min(Math.max(to, from + 1), sql.length) };
}

function offsetOf(sql: string, line: number, column: number): number | null {
  const lines = sql.split('\n');
  if (line < 1 || line > lines.length) return null;
  const before = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
  return before + Math.min(Math.max(column - 1, 0), (lines[line - 1] ?? '').length);
}

const named: RegExp[] = [
  /No field named ([^\s.]+(?:\.[^\s.]+)*)\.(?:\s|$)/,
  /Invalid function '([^']+)'/,
  /there is no dataset (\S+)/,
];

/** The last part of `flights.carier`, as it stands alone in a statement. */
function findName(sql: string, name: string): ErrorPlace | null {
  const candidates = [name, name.split('.').at(-1) ?? ''].map((part) => part.replace(/^"|"$/g, ''));
  for (const candidate of candidates) {
    if (candidate === '') continue;
    const found = new RegExp(`(?<![\\w$])${escaped(candidate)}(?![\\w$])`, 'i').exec(sql);
    if (found) return { from: found.index, to: found.index + candidate.length };
  }
  return null;
}

export function errorPlace(sql: string, message: string): ErrorPlace | null {
  const at = /Line: (\d+), Column: (\d+)/.exec(message);
  if (at) {
    const offset = offsetOf(sql, Number(at[1]), Number(at[2]));
    if (offset === null || sql === '') return null;
    // The parser has read on when it complains: what it names stands at the place it gives, or before it.
    const found = /found: (\S+) at Line/.exec(message)?.[1];
    const word = found === undefined || found === 'EOF' ? -1 : lastBefore(sql, found, offset);
    return wordAt(sql, word < 0 ? offset : word);
  }
  for (const pattern of named) {
    const found = pattern.exec(message);
    const place = found?.[1] === undefined ? null : findName(sql, found[1]);
    if (place !== null) return place;
  }
  return null;
}

/** Without what stands around the words of parser and planner. */
export function errorText(message: string): string {
  return message
    .replace(/ at Line: \d+, Column: \d+$/, '')
    .replace(/^(?:SQL: )+/, '')
    .replace(/^(?:Error during planning|Schema error): /, '');
}

/** "Line 2, column 7". */
export function placeText(sql: string, { from }: ErrorPlace): string {
  const before = sql.slice(0, from).split('\n');
  return `Line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}
