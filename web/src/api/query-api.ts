// Running semantic queries. RTK Query owns request states and hands out a small handle; the columns
// themselves go to the result store, because walking large answers in Redux costs frames.
import { baseApi, baseQuery } from './base-api';
import { nextFrame } from './next-frame';
import { problemOf, toProblem } from './problem';
import { queryKey, normalizeQuery } from './query-key';
import { queryQueue } from './request-queue';
import { resultStore } from './result-store';
import { versionRead } from './version-read';
import type { FetchBaseQueryMeta } from '@reduxjs/toolkit/query';
import type { QueryResult, SemanticQuery } from './types';

/** Points into the result store. */
export interface ResultHandle {
  key: string;
  version: number;
  receivedAt: number;
  requestId: string | null;
}

export const queryApi = baseApi.injectEndpoints({
  endpoints: (build) => ({
    runQuery: build.query<ResultHandle, SemanticQuery>({
      serializeQueryArgs: ({ queryArgs }) => queryKey(queryArgs),
      queryFn: async (query, api, extra) => {
        const key = queryKey(query);
        const { generation } = resultStore;
        try {
          const answer = await queryQueue.run(
            async () =>
              baseQuery(
                { url: '/queries', method: 'POST', body: normalizeQuery(query) },
                api,
                extra,
              ),
            api.signal,
          );
          if (answer.error) return { error: answer.error };
          // Twelve answers within one frame are one drawing of the page, not twelve.
          await nextFrame();
          if (resultStore.generation !== generation) return { error: problemOf('aborted') };
          const result = answer.data as QueryResult;
          const receivedAt = Date.now();
          const version = versionRead(result.provenance);
          resultStore.keep({ key, result, version, confirmedAt: receivedAt, source: 'http' });
          const meta = answer.meta as FetchBaseQueryMeta | undefined;
          const requestId = meta?.response?.headers.get('x-request-id') ?? null;
          return { data: { key, version, receivedAt, requestId } };
        } catch (error) {
          return { error: toProblem(error) };
        }
      },
      // Cards hear of it from here; who listens to the store itself hears once the request is known to be over.
      onQueryStarted: async (_query, { queryFulfilled }) => {
        const answer = await queryFulfilled.catch(() => null);
        if (answer) resultStore.announce(answer.data.key);
      },
      providesTags: ['Result'],
    }),
  }),
});

export const { useRunQueryQuery } = queryApi;
