// What can be asked: the views and the models, in one list. Models alone are better than nothing where views do not come; what
// is then not known may be one of those.
import { useCallback, useMemo } from 'react';
import { askable } from '@/lib/views';
import { useListModelsQuery } from './models-api';
import type { Model, ViewDetail } from './types';
import { useListViewsQuery } from './views-api';

export interface Askable {
  /** Undefined while they are on their way. */
  data: readonly Model[] | undefined;
  isPending: boolean;
  /** Why there are no models. */
  error: unknown;
  /** Why what the list does not have may be there all the same. */
  incomplete: unknown;
  refetch: () => void;
}

const none: readonly ViewDetail[] = [];

export function useAskable(): Askable {
  const models = useListModelsQuery();
  const views = useListViewsQuery();
  const shown = views.data ?? (views.isError ? none : undefined);
  const data = useMemo(
    () => (models.data && shown ? askable(shown, models.data) : undefined),
    [models.data, shown],
  );
  const { refetch: askModels } = models;
  const { refetch: askViews } = views;
  const refetch = useCallback(() => {
    void askModels();
    void askViews();
  }, [askModels, askViews]);
  return {
    data,
    isPending: models.isLoading || views.isLoading,
    error: models.error,
    incomplete: models.error ?? views.error,
    refetch,
  };
}
