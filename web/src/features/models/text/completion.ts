// What fits at a place of the text: keys, or names that a value may be of. The place is told by how far lines are indented,
// so that it is known while the text is not whole. Pure but for the type of the answer.
import type { CompletionContext, CompletionResult } from '@codemirror/autocomplete';
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

const inner = (shape: Shape): Shape => (shape.is === 'list' ? inner(shape.of) : shape);

export function shapeAt(root: Shape, place: TextPlace): Shape | null {
  let shape = root;
  for (const key of [...place.path, ...(place.key === null ? [] : [place.key])]) {
    const around = inner(shape);
    const next = around.is === 'map' ? around.keys[key] : undefined;
    if (next === undefined) return null;
    shape = next;
  }
  return inner(shape);
}

export const completions =
  (shapeOf: (text: string) => Shape) =>
  (context: CompletionContext): CompletionResult | null => {
    const text = context.state.doc.toString();
    const place = placeIn(text, context.pos);
    if (place === null || (place.from === context.pos && !context.explicit && place.key === null))
      return null;
    const shape = shapeAt(shapeOf(text), place);
    if (shape === null) return null;
    const validFor = /^[\w.]*$/;
    if (shape.is === 'map' && place.key === null) {
      const options = Object.keys(shape.keys).map((label) => ({
        label,
        apply: `${label}: `,
        type: 'property',
        detail: shape.needs.includes(label) ? 'needed' : '',
      }));
      return { from: place.from, options, validFor };
    }
    if (shape.is === 'flag') {
      const options = [{ label: 'true' }, { label: 'false' }];
      return { from: place.from, options, validFor };
    }
    if (shape.is !== 'name') return null;
    const options = shape.among.map((label) => ({ label, type: 'constant', detail: shape.what }));
    return { from: place.from, options, validFor };
  };
