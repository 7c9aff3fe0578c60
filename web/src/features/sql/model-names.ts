// What a statement may say of the models of its datasets (docs/models.md, "In SQL"): their measures, and the dimensions that are
// no columns; and of views: whatever they show. Pure.
import type { Model, ModelDimension, ModelMeasure, NamedFilter, ViewDetail } from '@/api/types';
import { isInSql } from '@/lib/measure-reach';
import { offered } from '@/lib/offered';
import { quotedName } from './quoted-name';

export interface ModelNames {
  label: string;
  measures: readonly Pick<ModelMeasure, 'name' | 'label'>[];
  /** Those with a name that no column has. */
  dimensions: readonly Pick<ModelDimension, 'name' | 'label' | 'type'>[];
  /** Named filters, which stand in WHERE: of views only. */
  filters?: readonly Pick<NamedFilter, 'name' | 'label'>[];
}

/** `columns` are null until they are known. */
export function modelNames(model: Model, columns: readonly { name: string }[] | null): ModelNames {
  const taken = new Set(columns?.map(({ name }) => name));
  return {
    label: model.label || model.name,
    measures: offered(model.measures).filter(({ name }) => isInSql(name, model)),
    dimensions:
      columns === null ? [] : offered(model.dimensions).filter(({ name }) => !taken.has(name)),
  };
}

/** A view has no columns beside its dimensions, and all of its measures may be asked. */
export const viewNames = ({
  definition,
  dimensions,
  measures,
  segments,
}: ViewDetail): ModelNames => ({
  label: definition.label || definition.name,
  measures: offered(measures),
  dimensions: offered(dimensions),
  filters: offered(segments),
});

/** `measure(revenue)`; with its dataset where that is not clear. */
export const measureCall = (name: string, dataset?: string): string =>
  `measure(${dataset === undefined ? '' : `${quotedName(dataset)}.`}${quotedName(name)})`;
