// Statements. As with queries, the rows go to the result store and RTK Query keeps a handle.
import type { FetchBaseQueryMeta } from '@reduxjs/toolkit/query';
import { baseApi, baseQuery } from './base-api';
import { problemOf, toProblem } from './problem';
import type { ResultHandle } from './query-api';
import { resultStore } from './result-store';
import type { QueryResult, SqlQuery } from './types';

export const sqlKey = ({ sql, limit, asOf }: SqlQuery): string =>
  `sql ${JSON.stringify([sql, limit ?? null, asOf ?? null])}`;

export const sqlApi = baseApi.injectEndpoints({
  endpoints: (build) => ({
    runSql: build.query<ResultHandle, SqlQuery>({
      serializeQueryArgs: ({ queryArgs }) => sqlKey(queryArgs),
      queryFn: async (statement, api, extra) => {
        const { generation } = resultStore;
        try {
          const answer = await baseQuery(
            { url: '/sql', method: 'POST', body: statement },
            api,
            extra,
          );
          if (answer.error) return { error: answer.error };
          if (resultStore.generation !== generation) return { error: problemOf('aborted') };
          const result = answer.data as QueryResult;
          const key = sqlKey(statement);
          const receivedAt = Date.now();
          const version = result.provenance.version ?? 0;
          resultStore.put({ key, result, version, confirmedAt: receivedAt, source: 'http' });
          const meta = answer.meta as FetchBaseQueryMeta | undefined;
          const requestId = meta?.response?.headers.get('x-request-id') ?? null;
          return { data: { key, version, receivedAt, requestId } };
        } catch (error) {
          return { error: toProblem(error) };
        }
      },
      providesTags: ['Result'],
      // The rows themselves are in the store, which forgets by itself.
      keepUnusedDataFor: 30,
    }),
  }),
});

export const { useRunSqlQuery, useLazyRunSqlQuery } = sqlApi;
