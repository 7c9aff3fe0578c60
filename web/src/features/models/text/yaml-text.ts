// YAML that has a shape: what it says, and what is wrong in it and where. Pure.
import { isMap, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import type { Document, Node, Pair } from 'yaml';
import type { FieldProblem } from '@/api/types';
import { nearest } from '@/lib/near-name';
import type { Shape } from './shape';

export interface Wrong {
  from: number;
  to: number;
  /** From 1. */
  line: number;
  message: string;
}

export interface ReadYaml {
  /** null while something is wrong with it. */
  plain: unknown;
  wrong: Wrong[];
}

interface Parsed {
  document: Document.Parsed;
  lines: LineCounter;
}

function parse(text: string): Parsed {
  const lines = new LineCounter();
  return { document: parseDocument(text, { lineCounter: lines, prettyErrors: false }), lines };
}

const keyOf = (pair: Pair): string => (isScalar(pair.key) ? String(pair.key.value) : '');

function near(name: string, among: readonly string[]): string {
  const found = nearest(name, among);
  return found === null ? '' : `; did you mean “${found}”?`;
}

type Say = (node: Node | null, message: string) => void;

function checkName(node: Node, value: unknown, shape: Extract<Shape, { is: 'name' }>, say: Say) {
  const name = String(value);
  if (!shape.strict || shape.among.includes(name)) return;
  const { what } = shape;
  say(node, `There is no ${what} “${name}”${near(name, shape.among) || '.'}`);
}

/** Which of several shapes is meant, by how it is written. */
const meant = (node: Node | null, shapes: readonly Shape[]): Shape | undefined =>
  shapes.find(({ is }) =>
    isMap(node) ? is === 'map' : isSeq(node) ? is === 'list' : is !== 'map' && is !== 'list',
  ) ?? shapes[0];

function check(node: Node | null, shape: Shape, say: Say, where: Node | null = node): void {
  if (shape.is === 'any') return;
  if (shape.is === 'either') {
    const one = meant(node, shape.of);
    return one && check(node, one, say, where);
  }
  if (shape.is === 'map') {
    if (!isMap(node)) return say(node ?? where, `Here belongs ${shape.what}: keys and values.`);
    const keys = Object.keys(shape.keys);
    for (const pair of node.items) {
      const key = keyOf(pair);
      const inner = shape.keys[key];
      const at = pair.key as Node | null;
      if (inner === undefined) {
        say(at, `${capital(shape.what)} has no “${key}”${near(key, keys) || '.'}`);
      } else check(pair.value as Node | null, inner, say, at);
    }
    const there = node.items.map(keyOf);
    const lacking = shape.needs.filter((key) => !there.includes(key));
    if (lacking.length > 0) say(node, `${capital(shape.what)} needs ${lacking.join(', ')}.`);
    return;
  }
  if (shape.is === 'list') {
    if (isSeq(node))
      for (const item of node.items) check(item as Node | null, shape.of, say, where);
    else if (!(isScalar(node) && node.value === null)) say(node ?? where, 'Here belongs a list.');
    return;
  }
  if (!isScalar(node)) {
    // `{user.country}` without quotes is a map to YAML.
    const quote = isMap(node) && node.flow ? '; what is in braces stands in quotes' : '';
    return say(node ?? where, `Here belongs a single value${quote}.`);
  }
  const { value } = node;
  if (value === null) return;
  if (shape.is === 'number' && typeof value !== 'number') say(node, 'Here belongs a number.');
  if (shape.is === 'flag' && typeof value !== 'boolean') say(node, 'Here belongs true or false.');
  if (shape.is === 'text' && typeof value !== 'string') say(node, 'Here belongs text; quote it.');
  if (shape.is === 'name') checkName(node, value, shape, say);
}

const capital = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);

/** What the text says by now, whether it is right or not; null while it cannot be read. */
export function plainIn(text: string): unknown {
  try {
    return parse(text).document.toJS({ maxAliasCount: 50 });
  } catch {
    // What cannot be read brings no names.
    return null;
  }
}

export function readYaml(text: string, shape: Shape): ReadYaml {
  const { document, lines } = parse(text);
  const wrong: Wrong[] = [];
  const add = (from: number, to: number, message: string): void => {
    wrong.push({ from, to: Math.max(to, from + 1), line: lines.linePos(from).line, message });
  };
  for (const error of document.errors) {
    const [message = ''] = error.message.split('\n');
    add(error.pos[0], error.pos[1], message);
  }
  // They would be saved as what they stand for, if there is that, and unchecked.
  visit(document, {
    Alias: (_key, { range, source }) => {
      const [from = 0, to = 0] = range ?? [];
      add(from, to, `“*${source}” stands for something else; write that here.`);
    },
  });
  if (wrong.length > 0) return { plain: null, wrong };
  check(document.contents, shape, (node, message) => {
    const [from = 0, to = 0] = node?.range ?? [];
    // Of a map or a list the line where it begins is enough.
    const end = isScalar(node) ? to : (text.indexOf('\n', from) + 1 || text.length + 1) - 1;
    add(from, end, message);
  });
  if (wrong.length > 0) return { plain: null, wrong };
  return { plain: document.toJS({ maxAliasCount: 50 }), wrong };
}

/** Where in the text the places are that problems name. */
export function wrongPlaces(text: string, problems: readonly FieldProblem[]): Wrong[] {
  if (problems.length === 0) return [];
  const { document, lines } = parse(text);
  return problems.flatMap(({ field, detail }): Wrong[] => {
    const path = [...field.matchAll(/[^.[\]]+/g)].map(([part]) =>
      /^\d+$/.test(part) ? Number(part) : part,
    );
    // The nearest place around it that the text has.
    for (let length = path.length; length > 0; length -= 1) {
      const node = document.getIn(path.slice(0, length), true) as Node | undefined;
      const from = node?.range?.[0];
      if (from === undefined) continue;
      const end = text.indexOf('\n', from);
      return [
        { from, to: end < 0 ? text.length : end, line: lines.linePos(from).line, message: detail },
      ];
    }
    return [];
  });
}
