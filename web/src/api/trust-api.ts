// What a number is made of, and whether the rows say the same: asked only by who wants to know.
import { baseApi } from './base-api';
import type { Explainable } from './explain-api';
import { normalizeQuery, queryKey } from './query-key';
import { sqlKey } from './sql-api';
import type { Lineage, SemanticQuery, SqlQuery, StatementLineage, Verification } from './types';

export const trustApi = baseApi.injectEndpoints({
  endpoints: (build) => ({
    traceQuery: build.query<Lineage, SemanticQuery>({
      // All endpoints share one cache: without the word it would be the key of the answer itself.
      serializeQueryArgs: ({ queryArgs }) => `lineage ${queryKey(queryArgs)}`,
      query: (query) => ({
        url: '/queries/lineage',
        method: 'POST',
        body: normalizeQuery(query),
      }),
      // It names versions and loads, and the next load changes both.
      keepUnusedDataFor: 0,
    }),
    traceStatement: build.query<StatementLineage, SqlQuery>({
      serializeQueryArgs: ({ queryArgs }) => `lineage ${sqlKey(queryArgs)}`,
      query: (asked) => ({ url: '/sql/lineage', method: 'POST', body: asked }),
      keepUnusedDataFor: 0,
    }),
    // Something that is done, not something that is kept: a mutation runs when it is told to, and can be aborted.
    verifyQuery: build.mutation<Verification, Explainable>({
      query: (asked) =>
        'sql' in asked
          ? { url: '/sql/verify', method: 'POST', body: asked }
          : { url: '/queries/verify', method: 'POST', body: normalizeQuery(asked) },
    }),
  }),
});

export const { useTraceQueryQuery, useTraceStatementQuery, useVerifyQueryMutation } = trustApi;
