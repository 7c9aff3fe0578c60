// Loads: the second step of an upload, its progress and its end.
import { baseApi } from './base-api';
import type { Load, NewLoad, ReadOptions, Upload } from './types';

const loadsApi = baseApi.injectEndpoints({
  endpoints: (build) => ({
    startLoad: build.mutation<Load, NewLoad>({
      query: (body) => ({ url: '/loads', method: 'POST', body }),
    }),
    // The upload stays as it is; what it seems to hold is looked at once more.
    inferUpload: build.mutation<Upload, { id: string; options: ReadOptions }>({
      query: ({ id, options }) => ({
        url: `/uploads/${encodeURIComponent(id)}/inference`,
        method: 'POST',
        body: options,
      }),
    }),
    discardUpload: build.mutation<void, string>({
      query: (id) => ({ url: `/uploads/${encodeURIComponent(id)}`, method: 'DELETE' }),
    }),
    getLoad: build.query<Load, string>({
      query: (id) => `/loads/${encodeURIComponent(id)}`,
      keepUnusedDataFor: 0,
      // The first answer that says 'done' makes what is known about the dataset old.
      onQueryStarted: async (_id, { queryFulfilled, dispatch }) => {
        const answer = await queryFulfilled.catch(() => null);
        if (answer?.data.state !== 'done') return;
        const { dataset } = answer.data;
        dispatch(
          baseApi.util.invalidateTags([
            { type: 'Dataset', id: 'list' },
            { type: 'Dataset', id: dataset },
            'Model',
          ]),
        );
      },
    }),
    cancelLoad: build.mutation<void, string>({
      query: (id) => ({ url: `/loads/${encodeURIComponent(id)}`, method: 'DELETE' }),
    }),
  }),
});

export const {
  useStartLoadMutation,
  useInferUploadMutation,
  useDiscardUploadMutation,
  useGetLoadQuery,
  useCancelLoadMutation,
} = loadsApi;
