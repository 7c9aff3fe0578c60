// Datasets: list, detail, preview, profile, rejected rows, and deleting one.
import { baseApi } from './base-api';
import type {
  DatasetDetail,
  DatasetProfile,
  DatasetSummary,
  Items,
  QueryResult,
  RejectedRows,
} from './types';

export interface RejectsPage {
  name: string;
  limit: number;
  offset: number;
  /** Of one load; left out: of all whose versions are kept. */
  loadId?: string | undefined;
}

const path = (name: string) => `/datasets/${encodeURIComponent(name)}`;

export const datasetsApi = baseApi.injectEndpoints({
  endpoints: (build) => ({
    listDatasets: build.query<DatasetSummary[], void>({
      query: () => '/datasets',
      transformResponse: (answer: Items<DatasetSummary>) => answer.items,
      providesTags: [{ type: 'Dataset', id: 'list' }],
    }),
    getDataset: build.query<DatasetDetail, string>({
      query: (name) => path(name),
      providesTags: (_answer, _error, name) => [{ type: 'Dataset', id: name }],
    }),
    getDatasetPreview: build.query<QueryResult, { name: string; limit: number }>({
      query: ({ name, limit }) => `${path(name)}/preview?limit=${limit}`,
      providesTags: (_answer, _error, { name }) => [{ type: 'Dataset', id: name }],
    }),
    getDatasetProfile: build.query<DatasetProfile, string>({
      query: (name) => `${path(name)}/profile`,
      providesTags: (_answer, _error, name) => [{ type: 'Dataset', id: name }],
    }),
    listRejects: build.query<RejectedRows, RejectsPage>({
      query: ({ name, limit, offset, loadId }) =>
        `${path(name)}/rejects?limit=${limit}&offset=${offset}${
          loadId ? `&load_id=${encodeURIComponent(loadId)}` : ''
        }`,
      providesTags: (_answer, _error, { name }) => [{ type: 'Dataset', id: name }],
    }),
    deleteDataset: build.mutation<void, string>({
      query: (name) => ({ url: path(name), method: 'DELETE' }),
      invalidatesTags: (_answer, error) =>
        error ? [] : [{ type: 'Dataset', id: 'list' }, 'Model', 'Dashboard'],
    }),
  }),
});

export const {
  useListDatasetsQuery,
  useGetDatasetQuery,
  useGetDatasetPreviewQuery,
  useGetDatasetProfileQuery,
  useListRejectsQuery,
  useDeleteDatasetMutation,
} = datasetsApi;
