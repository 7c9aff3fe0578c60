// Loads: the second step of an upload, its progress and its end.
import { baseApi } from './base-api';
import type { Items, Load, NewLoad, ReadOptions, Upload, WaitingUpload } from './types';

/** What is known of datasets is old once rows were loaded into them, and so is which uploads wait. */
const tagsOf = (datasets: string[]) => [
  ...['list', ...datasets].map((id) => ({ type: 'Dataset' as const, id })),
  'Model' as const,
  'Upload' as const,
];

export const loadsApi = baseApi.injectEndpoints({
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
    listUploads: build.query<WaitingUpload[], void>({
      query: () => '/uploads',
      transformResponse: (answer: Items<WaitingUpload>) => answer.items,
      // Others send and discard too.
      keepUnusedDataFor: 0,
      providesTags: ['Upload'],
    }),
    discardUpload: build.mutation<void, string>({
      query: (id) => ({ url: `/uploads/${encodeURIComponent(id)}`, method: 'DELETE' }),
      // Also where it was not done: what is gone or being loaded waits no more.
      invalidatesTags: ['Upload'],
    }),
    getLoad: build.query<Load, string>({
      query: (id) => `/loads/${encodeURIComponent(id)}`,
      keepUnusedDataFor: 0,
      // The first answer that says 'done' makes what is known about the dataset old.
      onQueryStarted: async (_id, { queryFulfilled, dispatch }) => {
        const answer = await queryFulfilled.catch(() => null);
        if (answer?.data.state !== 'done') return;
        dispatch(baseApi.util.invalidateTags(tagsOf([answer.data.dataset])));
      },
    }),
    listRunningLoads: build.query<Load[], void>({
      query: () => '/loads?state=running',
      transformResponse: (answer: Items<Load>) => answer.items,
      keepUnusedDataFor: 0,
      // One that is no longer listed has ended.
      onQueryStarted: async (_all, { queryFulfilled, getCacheEntry, dispatch }) => {
        const before = getCacheEntry().data ?? [];
        const answer = await queryFulfilled.catch(() => null);
        if (answer === null) return;
        const ended = before.filter(({ id }) => !answer.data.some((load) => load.id === id));
        if (ended.length > 0)
          dispatch(baseApi.util.invalidateTags(tagsOf(ended.map(({ dataset }) => dataset))));
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
  useListUploadsQuery,
  useDiscardUploadMutation,
  useGetLoadQuery,
  useListRunningLoadsQuery,
  useCancelLoadMutation,
} = loadsApi;
