// The fields of a model in groups, those of what it is joined to after its own, and of all those that a search leaves. Pure.
import type { ColumnType, Model } from '@/api/types';
import { isJoined } from '@/lib/joins';
import type { JoinedDimension } from '@/lib/joins';
import { modelOf } from '@/lib/members';
import { isTime } from '../state/fit';

export interface Field {
  kind: 'time' | 'measure' | 'dimension';
  name: string;
  label: string;
  type: ColumnType | 'measure';
}

export interface FieldGroup {
  /** Tells groups apart whose titles are the same. */
  id: string;
  title: string;
  fields: Field[];
}

/** Every word that is typed stands somewhere in the label or the name. */
export function matches(field: Pick<Field, 'label' | 'name'>, search: string): boolean {
  const text = `${field.label} ${field.name}`.toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** Times of joined models are values like others: what happened when is said by the model's own. */
function joinedGroups(dimensions: readonly JoinedDimension[]): FieldGroup[] {
  const groups = new Map<string, FieldGroup>();
  for (const { name, type, joined } of dimensions) {
    // Members of a view have no join in their names.
    const id = modelOf(name) || joined.title;
    const group = groups.get(id) ?? { id, title: joined.title, fields: [] };
    group.fields.push({ kind: 'dimension', name, label: joined.label, type });
    groups.set(id, group);
  }
  return [...groups.values()];
}

/** `model` is one that `widened` made. */
export function fieldGroups(model: Model, search: string): FieldGroup[] {
  const own = model.dimensions
    .filter((dimension) => !isJoined(dimension))
    .map(({ name, label, type }): Field => ({
      kind: isTime(type) ? 'time' : 'dimension',
      name,
      label,
      type,
    }));
  const measures = model.measures.map(({ name, label }): Field => ({
    kind: 'measure',
    name,
    label,
    type: 'measure',
  }));
  const all: FieldGroup[] = [
    { id: '.time', title: 'Time', fields: own.filter((field) => field.kind === 'time') },
    { id: '.measures', title: 'Measures', fields: measures },
    {
      id: '.dimensions',
      title: 'Dimensions',
      fields: own.filter((field) => field.kind === 'dimension'),
    },
    ...joinedGroups(model.dimensions.filter(isJoined)),
  ];
  return all
    .map((group) => ({
      ...group,
      fields: group.fields.filter((field) => matches(field, search.trim())),
    }))
    .filter((group) => group.fields.length > 0);
}
