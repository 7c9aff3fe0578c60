// The values of a dimension, in order and in pages, to choose from. They have a queue of their own: no chart waits behind a
// list, and no list behind charts.
import { baseApi, baseQuery } from './base-api';
import { toProblem } from './problem';
import { createRequestQueue } from './request-queue';
import type { ValuePage } from './types';

export interface ValuesAsked {
  of: 'models' | 'views';
  /** The model or view. */
  name: string;
  /** Without its model. */
  dimension: string;
  /** What their text has in it; everything has nothing in it. */
  search: string;
}

export interface PageAsked extends ValuesAsked {
  offset: number;
}

export const PAGE_OF_VALUES = 100;

export const valuesQueue = createRequestQueue(2);

export const valuesApi = baseApi.injectEndpoints({
  endpoints: (build) => ({
    listValues: build.query<ValuePage, PageAsked>({
      queryFn: async ({ of, name, dimension, search, offset }, api, extra) => {
        const params: Record<string, string | number> = { dimension, limit: PAGE_OF_VALUES };
        if (search !== '') params.search = search;
        if (offset > 0) params.offset = offset;
        const url = `/${of}/${encodeURIComponent(name)}/values`;
        try {
          const answer = await valuesQueue.run(
            async () => baseQuery({ url, params }, api, extra),
            api.signal,
          );
          return answer.error ? { error: answer.error } : { data: answer.data as ValuePage };
        } catch (error) {
          return { error: toProblem(error) };
        }
      },
      providesTags: ['Result'],
      // For who types back and forth; the next load may bring others.
      keepUnusedDataFor: 30,
    }),
  }),
});

export const { useLazyListValuesQuery } = valuesApi;
