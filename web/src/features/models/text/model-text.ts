// A model as YAML and back, with what is wrong in the text and where. Pure.
import { isMap, isScalar, isSeq, LineCounter, parseDocument, stringify, visit } from 'yaml';
import type { Document, Node, Pair } from 'yaml';
import type { FieldProblem, Model } from '@/api/types';
import { nearest } from '@/lib/near-name';
import { writtenModel } from '../state/written';
import { modelShape } from './shape';
import type { Shape, Words } from './shape';

export interface Wrong {
  from: number;
  to: number;
  /** From 1. */
  line: number;
  message: string;
}

export interface ReadText {
  /** null while the text is no model. */
  model: Model | null;
  wrong: Wrong[];
}

/** Long expressions stay in one line, so that lines are those of the model. */
export const textOf = (model: Model): string => stringify(writtenModel(model), { lineWidth: 0 });

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

function check(node: Node | null, shape: Shape, say: Say, where: Node | null = node): void {
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

const namesIn = (list: unknown): string[] =>
  Array.isArray(list)
    ? list.flatMap((entry: unknown) =>
        typeof entry === 'object' && entry !== null && 'name' in entry ? [String(entry.name)] : [],
      )
    : [];

/** The shape of the model that the text has by now. */
export function shapeOf(document: Document.Parsed, words: Words, name: string): Shape {
  let plain: unknown = null;
  try {
    plain = document.toJS({ maxAliasCount: 50 });
  } catch {
    // What cannot be read brings no names.
  }
  const { dimensions, measures } = (plain ?? {}) as Record<string, unknown>;
  return modelShape(words, {
    name,
    dimensions: namesIn(dimensions),
    measures: namesIn(measures),
  });
}

/** `version` is not part of the text: it is that of what was read. */
export function readText(
  text: string,
  words: Words,
  base: Pick<Model, 'name' | 'version'>,
): ReadText {
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
  if (wrong.length > 0) return { model: null, wrong };
  check(document.contents, shapeOf(document, words, base.name), (node, message) => {
    const [from = 0, to = 0] = node?.range ?? [];
    // Of a map or a list the line where it begins is enough.
    const end = isScalar(node) ? to : (text.indexOf('\n', from) + 1 || text.length + 1) - 1;
    add(from, end, message);
  });
  if (wrong.length > 0) return { model: null, wrong };
  const plain = document.toJS({ maxAliasCount: 50 }) as Model;
  return {
    model: { ...plain, time_dimension: plain.time_dimension ?? null, version: base.version },
    wrong,
  };
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

export const shapeOfText = (text: string, words: Words, name: string): Shape =>
  shapeOf(parse(text).document, words, name);
