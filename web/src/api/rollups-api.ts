// What the advisor makes of how a dataset is asked: which rollups it keeps or would keep, and why.
import { baseApi } from './base-api';
import type { Advice, Items } from './types';

export const rollupsApi = baseApi.injectEndpoints({
  endpoints: (build) => ({
    listAdvice: build.query<Advice[], string>({
      query: (dataset) => `/datasets/${encodeURIComponent(dataset)}/advice`,
      transformResponse: (answer: Items<Advice>) => answer.items,
      // What is asked changes it, and a model that keeps the same.
      providesTags: ['Model'],
    }),
  }),
});

export const { useListAdviceQuery } = rollupsApi;
