// How a question would be answered now, without asking it: a semantic query or a statement.
import { baseApi } from './base-api';
import { normalizeQuery, queryKey } from './query-key';
import { sqlKey } from './sql-api';
import type { Explanation, SemanticQuery, SqlQuery } from './types';

export type Explainable = SemanticQuery | SqlQuery;

const isStatement = (asked: Explainable): asked is SqlQuery => 'sql' in asked;

export const explainApi = baseApi.injectEndpoints({
  endpoints: (build) => ({
    explainQuery: build.query<Explanation, Explainable>({
      // All endpoints share one cache: without the word it would be the key of the answer itself.
      serializeQueryArgs: ({ queryArgs }) =>
        `explain ${isStatement(queryArgs) ? sqlKey(queryArgs) : queryKey(queryArgs)}`,
      query: (asked) =>
        isStatement(asked)
          ? { url: '/sql/explain', method: 'POST', body: asked }
          : { url: '/queries/explain', method: 'POST', body: normalizeQuery(asked) },
      // What is kept in memory and on disk changes with every query; an old answer would be a wrong one.
      keepUnusedDataFor: 0,
    }),
  }),
});

export const { useExplainQueryQuery, useLazyExplainQueryQuery } = explainApi;
