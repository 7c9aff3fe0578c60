// What a view lacks before the server is asked, and where what the server says belongs. Pure.
import type { FieldProblem, Model, Problem, View } from '@/api/types';
import { saidAt } from '../../state/places';
import { missingInFolders } from './folders';
import { seenIn } from './part';
import { placeAt } from './paths';
import { newName } from './written-view';

export function missingInView(view: View, models: readonly Model[]): FieldProblem[] {
  const found: FieldProblem[] = [];
  const say = (field: string, detail: string): void => void found.push({ field, detail });
  if (!view.label.trim()) say('label', 'It needs a label.');
  if (!view.name.trim()) say('name', 'It needs a name.');
  else if (view.name.includes('.')) say('name', 'A name has no dots.');
  else if (view.name === newName && !view.version) say('name', 'That is where new views are made.');
  if (view.include.length === 0) say('include', 'Choose the model that it begins with.');
  const [root = ''] = view.include[0]?.path.split('.') ?? [];
  view.include.forEach(({ path, members }, index) => {
    const at = `include[${index}]`;
    if (path === '') say(at, 'Choose a model.');
    else if (path.split('.')[0] !== root)
      say(at, `All paths of a view begin with one model, here ${root}.`);
    else if (models.length > 0 && placeAt(path, models) === null)
      say(at, `There is no way along ${path}.`);
    if (members !== '*' && members.length === 0) say(at, 'Choose a member.');
  });
  const names = new Map<string, string>();
  for (const { name, member, part, kind } of seenIn(view, models)) {
    // Named filters have names of their own.
    const key = `${kind === 'segment' ? 'segment ' : ''}${name}`;
    const other = names.get(key);
    if (other !== undefined)
      say(
        `include[${part}]`,
        `${name} would be both ${other} and ${member}; give one of them another name, or its part a prefix.`,
      );
    else names.set(key, member);
  }
  return [...found, ...missingInFolders(view, models)];
}

const places = /^(name|label|description|include|(include|folders)\[\d+\].*)$/;

/** What the server says of no place of the form. */
export function saidElsewhereOfView(problem: Problem | null): Problem | null {
  if (problem === null) return null;
  const errors = problem.errors ?? [];
  const rest = errors.filter(({ field }) => !places.test(field));
  return errors.length > 0 && rest.length === 0 ? null : { ...problem, errors: rest };
}

/** What is said of the view as a whole. */
export const saidOfAll = (problems: readonly FieldProblem[]): string =>
  ['name', 'label', 'description']
    .map((path) => saidAt(problems, path))
    .concat(problems.filter(({ field }) => field === 'include').map(({ detail }) => detail))
    .filter(Boolean)
    .join(' ');
