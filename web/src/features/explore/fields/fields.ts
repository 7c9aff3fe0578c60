// The fields of a model in groups, those of what it is joined to after its own, and of all those that a search leaves. What lies
// in folders of a view is found there, and nowhere else; what nobody is offered is in none. Pure.
import type { ColumnType, Model, ViewFolder } from '@/api/types';
import { isJoined } from '@/lib/joins';
import type { JoinedDimension } from '@/lib/joins';
import { modelOf } from '@/lib/members';
import { offered } from '@/lib/offered';
import { isView } from '@/lib/views';
import { isTime } from '../state/fit';

export interface Field {
  kind: 'time' | 'measure' | 'dimension';
  name: string;
  label: string;
  type: ColumnType | 'measure';
  /** What it is. */
  description?: string;
}

export interface FieldGroup {
  /** Tells groups apart whose titles are the same. */
  id: string;
  title: string;
  fields: Field[];
}

/** How many of a long group stand there at first, so that the next group is in sight. */
const FIRST_FIELDS = 12;
/** As many more are not worth a button. */
const FEW_MORE = 3;

/** What of a group is shown at first: its beginning and what is chosen; of a group that is hardly longer, all. */
export function firstFields(group: FieldGroup, isChosen: (field: Field) => boolean): Field[] {
  if (group.fields.length <= FIRST_FIELDS + FEW_MORE) return group.fields;
  return group.fields.filter((field, place) => place < FIRST_FIELDS || isChosen(field));
}

/** Every word that is typed stands somewhere in the label, the name or what is said of it. */
export function matches(
  field: Pick<Field, 'label' | 'name' | 'description'>,
  search: string,
): boolean {
  const text = `${field.label} ${field.name} ${field.description ?? ''}`.toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

const described = (description: string | null | undefined): Pick<Field, 'description'> =>
  description ? { description } : {};

/** Times of joined models are values like others: what happened when is said by the model's own. */
function joinedGroups(dimensions: readonly JoinedDimension[]): FieldGroup[] {
  const groups = new Map<string, FieldGroup>();
  for (const { name, type, joined, description } of dimensions) {
    // Members of a view have no join in their names.
    const id = modelOf(name) || joined.title;
    const group = groups.get(id) ?? { id, title: joined.title, fields: [] };
    group.fields.push({
      kind: 'dimension',
      name,
      label: joined.label,
      type,
      ...described(description),
    });
    groups.set(id, group);
  }
  return [...groups.values()];
}

/** A folder and those within it, each a group with the way there as its title. A field may lie in several. */
const inFolders = (
  folders: readonly ViewFolder[],
  fields: ReadonlyMap<string, Field>,
  way: readonly string[] = [],
): FieldGroup[] =>
  folders.flatMap(({ name, members }): FieldGroup[] => {
    const titles = [...way, name];
    const group: FieldGroup = {
      id: `.folder ${titles.join('\n')}`,
      title: titles.join(' \u203a '),
      fields: members.flatMap((member) => {
        const field = typeof member === 'string' ? fields.get(member) : undefined;
        return field === undefined ? [] : [field];
      }),
    };
    const within = members.flatMap((member) => (typeof member === 'string' ? [] : [member]));
    return [group, ...inFolders(within, fields, titles)];
  });

/** Folders first, and then what lies in none of them. */
function withFolders(model: Model, groups: readonly FieldGroup[]): readonly FieldGroup[] {
  if (!isView(model)) return groups;
  const { folders } = model.view;
  const all = groups.flatMap((group) => group.fields);
  const grouped = inFolders(folders, new Map(all.map((field) => [field.name, field])));
  const filed = new Set(grouped.flatMap((group) => group.fields.map(({ name }) => name)));
  const rest = groups.map((group) => ({
    ...group,
    fields: group.fields.filter(({ name }) => !filed.has(name)),
  }));
  return [...grouped, ...rest];
}

/** `model` is one that `widened` made. */
export function fieldGroups(model: Model, search: string): FieldGroup[] {
  const dimensions = offered(model.dimensions);
  const own = dimensions
    .filter((dimension) => !isJoined(dimension))
    .map(({ name, label, type, description }): Field => ({
      kind: isTime(type) ? 'time' : 'dimension',
      name,
      label,
      type,
      ...described(description),
    }));
  const measures = offered(model.measures).map(({ name, label, description }): Field => ({
    kind: 'measure',
    name,
    label,
    type: 'measure',
    ...described(description),
  }));
  const all: FieldGroup[] = [
    { id: '.time', title: 'Time', fields: own.filter((field) => field.kind === 'time') },
    { id: '.measures', title: 'Measures', fields: measures },
    {
      id: '.dimensions',
      title: 'Dimensions',
      fields: own.filter((field) => field.kind === 'dimension'),
    },
    ...joinedGroups(dimensions.filter(isJoined)),
  ];
  return withFolders(model, all)
    .map((group) => ({
      ...group,
      fields: group.fields.filter((field) => matches(field, search.trim())),
    }))
    .filter((group) => group.fields.length > 0);
}
