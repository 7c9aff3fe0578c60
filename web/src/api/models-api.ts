// Semantic models: the measures and dimensions that queries are made of.
import { baseApi } from './base-api';
import type { Items, Model } from './types';

export const modelsApi = baseApi.injectEndpoints({
  endpoints: (build) => ({
    listModels: build.query<Model[], void>({
      query: () => '/models',
      transformResponse: (answer: Items<Model>) => answer.items,
      providesTags: ['Model'],
    }),
  }),
});

export const { useListModelsQuery } = modelsApi;
