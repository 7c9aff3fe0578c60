// The SELECT around a place in a statement, as far as it is written: its clause there, what it reads, and whether the place is
// inside of `measure(`. Statements that are being written have no grammar yet, so words and brackets are all it looks at. Pure.

export type Clause = 'select' | 'from' | 'where' | 'group' | 'having' | 'order' | 'limit';

export interface SelectAt {
  inMeasure: boolean;
  /** null: before its first word. */
  clause: Clause | null;
  /** What stands in its FROM. null: something without a name of its own, such as a subquery. */
  tables: ({ name: string; alias: string | null } | null)[];
}

interface Token {
  /** As it is meant: in small letters, or as it is quoted. */
  text: string;
  kind: 'word' | 'quoted' | 'sign';
  from: number;
  /** The tokens that open the brackets around it, by their places, the innermost last. */
  around: readonly number[];
}

const pattern =
  /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*(?:'|$)|"((?:[^"]|"")*)(?:"|$)|([\p{L}_][\p{L}\p{N}_$]*)|[();.,]/gu;

function tokensOf(sql: string): Token[] {
  const tokens: Token[] = [];
  let around: number[] = [];
  for (const found of sql.matchAll(pattern)) {
    const [all, quoted, word] = found;
    const from = found.index;
    if (quoted !== undefined)
      tokens.push({ text: quoted.replaceAll('""', '"'), kind: 'quoted', from, around });
    else if (word !== undefined)
      tokens.push({ text: word.toLowerCase(), kind: 'word', from, around });
    else if (/^[();.,]$/.test(all)) {
      if (all === ')') around = around.slice(0, -1);
      if (all === ';') around = [];
      tokens.push({ text: all, kind: 'sign', from, around });
      if (all === '(') around = [...around, tokens.length - 1];
    }
  }
  return tokens;
}

const clauses = new Map<string, Clause>([
  ['select', 'select'],
  ['from', 'from'],
  ['where', 'where'],
  ['group', 'group'],
  ['having', 'having'],
  ['order', 'order'],
  ['limit', 'limit'],
  ['offset', 'limit'],
]);
const together = ['union', 'except', 'intersect'];
const joining = ['join', 'inner', 'left', 'right', 'full', 'cross', 'natural', 'outer'];
const noAlias = [...joining, 'on', 'using', 'tablesample', 'lateral'];

const is = (token: Token | undefined, ...words: string[]): boolean =>
  token !== undefined && token.kind !== 'quoted' && words.includes(token.text);
const isName = (token: Token | undefined): token is Token =>
  token !== undefined && token.kind !== 'sign';

/** The clause that a word begins; `distinct from` compares. */
const clauseOf = (tokens: readonly Token[], at: number): Clause | undefined => {
  const token = tokens[at];
  if (token?.kind !== 'word' || (token.text === 'from' && is(tokens[at - 1], 'distinct')))
    return undefined;
  return clauses.get(token.text);
};

/** What stands in a FROM: the words between it and the next clause. */
function tablesOf(words: readonly Token[]): SelectAt['tables'] {
  const tables: SelectAt['tables'] = [];
  let expected = true;
  for (let at = 0; at < words.length; at += 1) {
    const token = words[at];
    if (is(token, ',', 'join')) expected = true;
    else if (expected && is(token, '(')) {
      tables.push(null);
      expected = false;
    } else if (expected && isName(token) && !is(token, ...noAlias)) {
      while (is(words[at + 1], '.') && isName(words[at + 2])) at += 2;
      const name = words[at]?.text ?? '';
      if (is(words[at + 1], 'as')) at += 1;
      const next = words[at + 1];
      const alias = isName(next) && !is(next, ...noAlias) ? next.text : null;
      if (alias !== null) at += 1;
      tables.push({ name, alias });
      expected = false;
    }
  }
  return tables;
}

/** Names of queries (`with name as (…)`): none of them is a dataset. */
function queriesOf(tokens: readonly Token[]): Set<string> {
  const found = new Set<string>();
  if (!tokens.some((token) => is(token, 'with'))) return found;
  tokens.forEach((token, at) => {
    if (isName(token) && is(tokens[at + 1], 'as') && is(tokens[at + 2], '(')) found.add(token.text);
  });
  return found;
}

export function selectAt(sql: string, place: number): SelectAt {
  const tokens = tokensOf(sql);
  const before = tokens.filter((token) => token.from < place);
  const last = before.at(-1);
  const inside =
    last === undefined || is(last, ';')
      ? []
      : is(last, '(')
        ? [...last.around, before.length - 1]
        : [...last.around];
  const inMeasure = inside.length > 0 && is(tokens[(inside.at(-1) ?? 0) - 1], 'measure');
  // Brackets without a SELECT are calls and sums inside of one.
  const depth = [...inside.keys(), inside.length]
    .reverse()
    .find((level) => level === 0 || is(tokens[(inside[level - 1] ?? 0) + 1], 'select', 'with'));
  const around = inside.slice(0, depth ?? 0);
  const level = tokens.filter(
    (token) =>
      token.around.length === around.length && token.around.every((at, i) => at === around[i]),
  );
  const ends = (token: Token): boolean => is(token, ';', ...together);
  const start = level.findLastIndex((token) => token.from < place && ends(token)) + 1;
  const end = level.findIndex((token) => token.from >= place && ends(token));
  const own = level.slice(start, end < 0 ? undefined : end);
  const begin = own.findIndex((token) => is(token, 'select'));
  const select = begin < 0 ? [] : own.slice(begin);
  let clause: Clause | null = null;
  select.forEach((token, at) => {
    if (token.from < place) clause = clauseOf(select, at) ?? clause;
  });
  const from = select.findIndex((_token, at) => clauseOf(select, at) === 'from');
  const next = select.findIndex((_token, at) => at > from && clauseOf(select, at) !== undefined);
  const queries = queriesOf(tokens);
  const tables = from < 0 ? [] : tablesOf(select.slice(from + 1, next < 0 ? undefined : next));
  return {
    inMeasure,
    clause,
    tables: tables.map((table) => (table && queries.has(table.name) ? null : table)),
  };
}
