// How the values of columns are written: the model knows, because it tells a year from a number of passengers.
import { useMemo } from 'react';
import { useListModelsQuery } from '@/api/models-api';
import type { Model } from '@/api/types';

export type ColumnFormats = ReadonlyMap<string, string>;

export function columnFormats(models: readonly Model[], dataset: string): ColumnFormats {
  const dimensions = models.find((model) => model.dataset === dataset)?.dimensions ?? [];
  return new Map(
    dimensions.flatMap(({ column, format }) => (column && format ? [[column, format]] : [])),
  );
}

/** Empty until the models are there: values then have the format of their type. */
export function useColumnFormats(dataset: string): ColumnFormats {
  const models = useListModelsQuery();
  return useMemo(() => columnFormats(models.data ?? [], dataset), [models.data, dataset]);
}
