// What a statement may say of the models of its datasets (docs/models.md, "In SQL"): their measures, and the dimensions that are
// no columns. Pure.
import type { Model, ModelDimension, ModelMeasure } from '@/api/types';
import { isInSql } from '@/lib/measure-reach';
import { quotedName } from './quoted-name';

export interface ModelNames {
  label: string;
  measures: readonly ModelMeasure[];
  /** Those with a name that no column has. */
  dimensions: readonly ModelDimension[];
}

/** `columns` are null until they are known. */
export function modelNames(model: Model, columns: readonly { name: string }[] | null): ModelNames {
  const taken = new Set(columns?.map(({ name }) => name));
  return {
    label: model.label || model.name,
    measures: model.measures.filter(({ name }) => isInSql(name, model)),
    dimensions: columns === null ? [] : model.dimensions.filter(({ name }) => !taken.has(name)),
  };
}

/** `measure(revenue)`; with its dataset where that is not clear. */
export const measureCall = (name: string, dataset?: string): string =>
  `measure(${dataset === undefined ? '' : `${quotedName(dataset)}.`}${quotedName(name)})`;
