// How a query would be answered now, without asking it.
import { baseApi } from './base-api';
import { normalizeQuery, queryKey } from './query-key';
import type { Explanation, SemanticQuery } from './types';

export const explainApi = baseApi.injectEndpoints({
  endpoints: (build) => ({
    explainQuery: build.query<Explanation, SemanticQuery>({
      // All endpoints share one cache: without the word it would be the key of the answer itself.
      serializeQueryArgs: ({ queryArgs }) => `explain ${queryKey(queryArgs)}`,
      query: (query) => ({
        url: '/queries/explain',
        method: 'POST',
        body: normalizeQuery(query),
      }),
      // What is kept in memory and on disk changes with every query; an old answer would be a wrong one.
      keepUnusedDataFor: 0,
    }),
  }),
});

export const { useExplainQueryQuery } = explainApi;
