// What is wrong with a model, by the place it is at: what the server said, and what is seen before it is asked. Paths are
// those of the server (`measures[2]`, `dimensions[0].label`). Pure.
import type { FieldProblem, Model, Problem } from '@/api/types';

/** Everything said of a place and of what is in it; undefined where nothing is. */
export function saidAt(problems: readonly FieldProblem[], path: string): string | undefined {
  const said = problems.filter(
    ({ field }) => field === path || field.startsWith(`${path}.`) || field.startsWith(`${path}[`),
  );
  return said.length === 0 ? undefined : said.map(({ detail }) => detail).join(' ');
}

const places =
  /^(label|description|meta|time_dimension|name|dataset|(dimensions|measures|joins|segments|hierarchies|rollups|access_policies)\[\d+\]|access_policies$)/;

/** What the server says of no place of the page. */
export function saidElsewhere(problem: Problem | null): Problem | null {
  if (problem === null) return null;
  const errors = problem.errors ?? [];
  const rest = errors.filter(({ field }) => !places.test(field));
  return errors.length > 0 && rest.length === 0 ? null : { ...problem, errors: rest };
}

// Words of lists that are not their names without an s.
const nouns: Record<string, string> = {
  access_policies: 'Access policy',
  hierarchies: 'Hierarchy',
  include: 'Model',
};

const capital = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);

/** "Measure 3" of `measures[2]`. */
export function placeName(path: string): string {
  const [, list, place] = /^(\w+)\[(\d+)\]/.exec(path) ?? [];
  if (list === undefined) return path === 'include' ? 'Models' : capital(path.replaceAll('_', ' '));
  const one = nouns[list] ?? capital(list.replace(/s$/, ''));
  return `${one} ${Number(place) + 1}`;
}

/** What has to be there before the server is asked. */
export function missingOf(model: Model): FieldProblem[] {
  const found: FieldProblem[] = [];
  const say = (field: string, detail: string): void => void found.push({ field, detail });
  if (!model.label?.trim()) say('label', 'It needs a label.');
  const names = new Map<string, string>();
  const named = (field: string, name: string, among: Map<string, string>): void => {
    if (!name?.trim()) say(field, 'It needs a name.');
    else if (name.includes('.')) say(field, 'A name has no dots.');
    else if (among.has(name)) say(field, `“${name}” stands twice.`);
    else among.set(name, field);
  };
  (model.dimensions ?? []).forEach((dimension, index) => {
    named(`dimensions[${index}]`, dimension.name, names);
    if (!dimension.label?.trim()) say(`dimensions[${index}]`, 'It needs a label.');
    const buckets = new Map<string, string>();
    (dimension.granularities ?? []).forEach(({ name, label, interval }) => {
      named(`dimensions[${index}].granularities`, name, buckets);
      if (!label?.trim())
        say(`dimensions[${index}].granularities`, `${name || 'A granularity'} needs a label.`);
      if (!interval)
        say(`dimensions[${index}].granularities`, `${name || 'A granularity'} needs a width.`);
    });
  });
  (model.measures ?? []).forEach((measure, index) => {
    named(`measures[${index}]`, measure.name, names);
    if (!measure.label?.trim()) say(`measures[${index}]`, 'It needs a label.');
  });
  const joins = new Map<string, string>();
  (model.joins ?? []).forEach((join, index) => {
    named(`joins[${index}]`, join.name, joins);
    if (!join.on?.length || join.on.some(({ column, other }) => !column || !other))
      say(`joins[${index}]`, 'It needs pairs of columns.');
  });
  const segments = new Map<string, string>();
  (model.segments ?? []).forEach((segment, index) => {
    named(`segments[${index}]`, segment.name, segments);
    if (!segment.label?.trim()) say(`segments[${index}]`, 'It needs a label.');
    if (!segment.filters?.length) say(`segments[${index}]`, 'It needs a condition.');
  });
  const hierarchies = new Map<string, string>();
  (model.hierarchies ?? []).forEach((hierarchy, index) => {
    const at = `hierarchies[${index}]`;
    named(at, hierarchy.name, hierarchies);
    if (!hierarchy.label?.trim()) say(at, 'It needs a label.');
    if ((hierarchy.levels?.length ?? 0) < 2) say(at, 'It needs two levels, the widest first.');
  });
  const rollups = new Set<string>();
  (model.rollups ?? []).forEach((rollup, index) => {
    const at = `rollups[${index}]`;
    if (!rollup.name?.trim()) say(at, 'It needs a name.');
    else if (rollups.has(rollup.name)) say(at, `“${rollup.name}” stands twice.`);
    else rollups.add(rollup.name);
    if (!rollup.measures?.length) say(at, 'It needs a measure.');
    if (rollup.time_dimension && !rollup.granularity) say(at, 'It needs a granularity.');
    if (!rollup.time_dimension && rollup.granularity) say(at, 'It needs a time.');
  });
  const policies = new Set<string>();
  (model.access_policies ?? []).forEach((policy, index) => {
    const at = `access_policies[${index}]`;
    if (!policy.name?.trim()) say(at, 'It needs a name.');
    else if (policies.has(policy.name)) say(at, `“${policy.name}” stands twice.`);
    else policies.add(policy.name);
    for (const { attribute, values } of policy.when ?? []) {
      if (!attribute) say(at, 'A condition on people needs an attribute.');
      else if (!values?.some(Boolean)) say(at, `It needs a value of ${attribute}.`);
    }
    const visible = policy.columns?.filter(Boolean);
    if (visible?.length === 0 && !policy.masked?.length)
      say(at, 'It needs a column that is visible.');
    for (const column of visible ?? [])
      if (policy.hidden?.includes(column)) say(at, `${column} is visible and hidden.`);
    for (const { column } of policy.masked ?? []) {
      if (!column) say(at, 'It needs the column that is masked.');
      else if (policy.hidden?.includes(column)) say(at, `${column} is hidden and masked.`);
    }
  });
  return found;
}
