// Semantic models: the measures and dimensions that queries are made of.
import { baseApi, ifMatch } from './base-api';
import type { Items, Model, ModelCheck } from './types';

const path = (name: string) => `/models/${encodeURIComponent(name)}`;

export const modelsApi = baseApi.injectEndpoints({
  endpoints: (build) => ({
    listModels: build.query<Model[], void>({
      // Widgets and views ask those too that nobody is offered; lists leave them out.
      query: () => '/models?hidden=true',
      transformResponse: (answer: Items<Model>) => answer.items,
      providesTags: ['Model'],
    }),
    getModel: build.query<Model, string>({
      query: path,
      providesTags: ['Model'],
    }),
    saveModel: build.mutation<Model, { name: string; version: number; model: Model }>({
      query: ({ name, version, model }) => ({
        url: path(name),
        method: 'PUT',
        headers: ifMatch(version),
        body: model,
      }),
      // Answers in the old words are no answers any more.
      invalidatesTags: (_answer, error) => (error ? [] : ['Model', 'Result']),
    }),
    // Something that is done: asked when it is told to, and taken back when the model has changed since.
    checkModel: build.mutation<ModelCheck, { name: string; model: Model }>({
      query: ({ name, model }) => ({ url: `${path(name)}/check`, method: 'POST', body: model }),
    }),
  }),
});

export const { useListModelsQuery, useGetModelQuery, useSaveModelMutation, useCheckModelMutation } =
  modelsApi;
