// What fits at a place of the text: keys, or names that a value may be of. The place is told by how far lines are indented,
// so that it is known while the text is not whole. Pure but for the type of the answer.
import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import type { Shape } from './shape';

export interface TextPlace {
  /** Keys around the place, from the outside. */
  path: string[];
  /** Key whose value is typed; null: a key, or an item of a list. */
  key: string | null;
  /** Where the word begins. */
  from: number;
}

const keyLine = /^((?:\s|- )*)([\w]+):(.*)$/;

const indentOf = (lead: string): number => lead.length;

export function placeIn(text: string, at: number): TextPlace | null {
  const lines = text.slice(0, at).split('\n');
  const here = lines.pop() ?? '';
  if (here.includes('#')) return null;
  const value = /^((?:\s|- )*)(\w+):\s+(?:\[(?:[^\]]*,)?\s*)?(["']?)([\w.]*)$/.exec(here);
  const word = value ? null : /^((?:\s|- )*)([\w.]*)$/.exec(here);
  if (value === null && word === null) return null;
  const lead = value?.[1] ?? word?.[1] ?? '';
  const typed = value?.[4] ?? word?.[2] ?? '';
  const path: string[] = [];
  // What stands after a dash belongs to a list whose key may stand as far left as the dash.
  let indent = indentOf(lead);
  let dash = lead.lastIndexOf('-');
  for (const line of lines.reverse()) {
    const found = keyLine.exec(line);
    if (!found) continue;
    const [, before = '', key = '', rest = ''] = found;
    const own = indentOf(before);
    const ownDash = before.lastIndexOf('-');
    if (dash < 0 && own === indent && ownDash >= 0) {
      // The first key of the item that this is part of.
      dash = ownDash;
      continue;
    }
    const inside = dash >= 0 ? own <= dash : own < indent;
    if (!inside || rest.trim() !== '') continue;
    path.unshift(key);
    indent = own;
    dash = ownDash;
  }
  return { path, key: value?.[2] ?? null, from: at - typed.length };
}

/** What may stand there: items of lists, and each of several shapes. */
const choices = (shape: Shape): readonly Shape[] =>
  shape.is === 'list'
    ? choices(shape.of)
    : shape.is === 'either'
      ? shape.of.flatMap(choices)
      : [shape];

export function shapesAt(root: Shape, place: TextPlace): readonly Shape[] {
  let shapes = choices(root);
  for (const key of [...place.path, ...(place.key === null ? [] : [place.key])]) {
    const around = shapes.find((shape) => shape.is === 'map');
    const next = around?.keys[key];
    if (next === undefined) return [];
    shapes = choices(next);
  }
  return shapes;
}

function optionsOf(shape: Shape, isValue: boolean): Completion[] {
  if (shape.is === 'map')
    return isValue
      ? []
      : Object.keys(shape.keys).map((label) => ({
          label,
          apply: `${label}: `,
          type: 'property',
          detail: shape.needs.includes(label) ? 'needed' : '',
        }));
  if (shape.is === 'flag') return [{ label: 'true' }, { label: 'false' }];
  if (shape.is !== 'name') return [];
  return shape.among.map((label) => ({ label, type: 'constant', detail: shape.what }));
}

export const completions =
  (shapeOf: (text: string) => Shape) =>
  (context: CompletionContext): CompletionResult | null => {
    const text = context.state.doc.toString();
    const place = placeIn(text, context.pos);
    if (place === null || (place.from === context.pos && !context.explicit && place.key === null))
      return null;
    const options = shapesAt(shapeOf(text), place).flatMap((shape) =>
      optionsOf(shape, place.key !== null),
    );
    return options.length === 0 ? null : { from: place.from, options, validFor: /^[\w.]*$/ };
  };
