// Names for completion: the datasets and views, what models say of them, and the columns of those that a statement mentions or
// that somebody opens.
import { useEffect, useMemo } from 'react';
import { shallowEqual, useDispatch, useSelector } from 'react-redux';
import type { ThunkDispatch, UnknownAction } from '@reduxjs/toolkit';
import { datasetsApi, useListDatasetsQuery } from '@/api/datasets-api';
import { useListModelsQuery } from '@/api/models-api';
import type { DatasetColumn, DatasetSummary, Model, ViewDetail } from '@/api/types';
import { useListViewsQuery } from '@/api/views-api';
import { modelNames, viewNames } from './model-names';
import type { ModelNames } from './model-names';

export interface Schema {
  datasets: readonly DatasetSummary[];
  /** Columns by dataset, of those that were asked for. */
  columns: Record<string, readonly DatasetColumn[]>;
  /** What their models say, by dataset, and what views show, by view. Which dimensions are no columns is known with the columns. */
  models: Record<string, ModelNames>;
  /** Names of the views. No dataset has one of them. */
  views: readonly string[];
}

const none: readonly DatasetSummary[] = [];
const noModels: readonly Model[] = [];
const noViews: readonly ViewDetail[] = [];

/** What may stand in FROM. */
export const tableNames = ({ datasets, views }: Schema): string[] => [
  ...datasets.map(({ name }) => name),
  ...views,
];

/** Words of a statement that are among some names. */
export const mentioned = (sql: string, names: readonly string[]): string[] => {
  const words = new Set(sql.toLowerCase().match(/[\p{L}\p{N}_$]+/gu) ?? []);
  return names.filter((name) => words.has(name.toLowerCase()));
};

export function useSchema(sql: string, opened: readonly string[]): Schema {
  const { data: datasets = none } = useListDatasetsQuery();
  const { data: known = noModels } = useListModelsQuery();
  const { data: views = noViews } = useListViewsQuery();
  const dispatch = useDispatch<ThunkDispatch<unknown, unknown, UnknownAction>>();
  const wanted = useMemo(() => {
    const names = datasets.map(({ name }) => name);
    const shown = opened.filter((name) => names.includes(name));
    return [...new Set([...mentioned(sql, names), ...shown])].sort().join(',');
  }, [datasets, sql, opened]);
  useEffect(() => {
    if (wanted === '') return;
    const asked = wanted
      .split(',')
      .map((name) => dispatch(datasetsApi.endpoints.getDataset.initiate(name)));
    return () => asked.forEach((subscription) => subscription.unsubscribe());
  }, [dispatch, wanted]);
  const details = useSelector(
    (state: Parameters<ReturnType<typeof datasetsApi.endpoints.getDataset.select>>[0]) =>
      wanted
        .split(',')
        .filter(Boolean)
        .map((name) => datasetsApi.endpoints.getDataset.select(name)(state).data),
    shallowEqual,
  );
  return useMemo(() => {
    const columns: Record<string, readonly DatasetColumn[]> = {};
    for (const detail of details) if (detail) columns[detail.name] = detail.columns;
    const models: Record<string, ModelNames> = {};
    for (const model of known)
      models[model.dataset] = modelNames(model, columns[model.dataset] ?? null);
    for (const view of views) models[view.definition.name] = viewNames(view);
    return { datasets, columns, models, views: views.map(({ definition }) => definition.name) };
  }, [datasets, details, known, views]);
}
