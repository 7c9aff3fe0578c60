// The fields of a model in groups, those that a search leaves. Pure.
import type { ColumnType, Model } from '@/api/types';
import { isTime } from '../state/fit';

export interface Field {
  kind: 'time' | 'measure' | 'dimension';
  name: string;
  label: string;
  type: ColumnType | 'measure';
}

export interface FieldGroup {
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

export function fieldGroups(model: Model, search: string): FieldGroup[] {
  const dimensions = model.dimensions.map((dimension): Field => {
    const { name, label, type } = dimension;
    return { kind: isTime(type) ? 'time' : 'dimension', name, label, type };
  });
  const measures = model.measures.map(({ name, label }): Field => ({
    kind: 'measure',
    name,
    label,
    type: 'measure',
  }));
  const all: FieldGroup[] = [
    { title: 'Time', fields: dimensions.filter((field) => field.kind === 'time') },
    { title: 'Measures', fields: measures },
    { title: 'Dimensions', fields: dimensions.filter((field) => field.kind === 'dimension') },
  ];
  return all
    .map((group) => ({
      ...group,
      fields: group.fields.filter((field) => matches(field, search.trim())),
    }))
    .filter((group) => group.fields.length > 0);
}
