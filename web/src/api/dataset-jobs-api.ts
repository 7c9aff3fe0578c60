// Work that is ordered for a dataset: rows that are counted and go, segments that are merged, what nobody needs removed.
import { baseApi } from './base-api';
import type { CountedRows, DatasetJob, DatasetJobs } from './types';

const path = (name: string) => `/datasets/${encodeURIComponent(name)}`;

export interface RowsToGo {
  name: string;
  predicate: string;
  /** As many as were counted: where they are others by now, the server refuses. */
  expectedRows: number;
  /** Also out of all older versions. */
  erase: boolean;
}

/** Everything that tells of the rows of a dataset is old once some of them are gone. */
const tagsOf = (name: string) => [
  { type: 'Dataset' as const, id: 'list' },
  { type: 'Dataset' as const, id: name },
  'Upkeep' as const,
];

export const datasetJobsApi = baseApi.injectEndpoints({
  endpoints: (build) => ({
    countRows: build.mutation<CountedRows, { name: string; predicate: string }>({
      query: ({ name, predicate }) => ({
        url: `${path(name)}/rows/count`,
        method: 'POST',
        body: { predicate },
      }),
    }),
    deleteRows: build.mutation<DatasetJob, RowsToGo>({
      query: ({ name, predicate, expectedRows, erase }) => ({
        url: `${path(name)}/rows/${erase ? 'erase' : 'delete'}`,
        method: 'POST',
        body: { predicate, expected_rows: expectedRows },
      }),
    }),
    startUpkeep: build.mutation<DatasetJob, { name: string; work: 'compaction' | 'vacuum' }>({
      query: ({ name, work }) => ({ url: `${path(name)}/${work}`, method: 'POST' }),
      invalidatesTags: ['Upkeep'],
    }),
    listDatasetJobs: build.query<DatasetJobs, string>({
      query: (name) => `${path(name)}/jobs`,
      providesTags: ['Upkeep'],
    }),
    getDatasetJob: build.query<DatasetJob, { name: string; id: string }>({
      query: ({ name, id }) => `${path(name)}/jobs/${encodeURIComponent(id)}`,
      keepUnusedDataFor: 0,
      onQueryStarted: async (_job, { queryFulfilled, dispatch }) => {
        const answer = await queryFulfilled.catch(() => null);
        if (answer === null || answer.data.state === 'running') return;
        dispatch(baseApi.util.invalidateTags(tagsOf(answer.data.dataset)));
      },
    }),
    cancelDatasetJob: build.mutation<void, { name: string; id: string }>({
      query: ({ name, id }) => ({
        url: `${path(name)}/jobs/${encodeURIComponent(id)}`,
        method: 'DELETE',
      }),
      invalidatesTags: ['Upkeep'],
    }),
  }),
});

export const {
  useCountRowsMutation,
  useDeleteRowsMutation,
  useStartUpkeepMutation,
  useListDatasetJobsQuery,
  useGetDatasetJobQuery,
  useCancelDatasetJobMutation,
} = datasetJobsApi;
