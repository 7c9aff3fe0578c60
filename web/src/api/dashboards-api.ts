// Dashboards: list, read, create, generate, save under a version, delete.
import { baseApi, ifMatch } from './base-api';
import type { Dashboard, DashboardSummary, Items, NewDashboard } from './types';

const path = (id: string) => `/dashboards/${encodeURIComponent(id)}`;

export const dashboardsApi = baseApi.injectEndpoints({
  endpoints: (build) => ({
    listDashboards: build.query<DashboardSummary[], void>({
      query: () => '/dashboards',
      transformResponse: (answer: Items<DashboardSummary>) => answer.items,
      providesTags: [{ type: 'Dashboard', id: 'list' }],
    }),
    getDashboard: build.query<Dashboard, string>({
      query: path,
      providesTags: (_answer, _error, id) => [{ type: 'Dashboard', id }],
    }),
    createDashboard: build.mutation<Dashboard, NewDashboard>({
      query: (body) => ({ url: '/dashboards', method: 'POST', body }),
      invalidatesTags: (_answer, error) => (error ? [] : [{ type: 'Dashboard', id: 'list' }]),
    }),
    generateDashboard: build.mutation<Dashboard, string>({
      query: (dataset) => ({ url: '/dashboards/generate', method: 'POST', body: { dataset } }),
      invalidatesTags: (_answer, error) => (error ? [] : [{ type: 'Dashboard', id: 'list' }]),
    }),
    saveDashboard: build.mutation<Dashboard, { id: string; version: number; body: NewDashboard }>({
      query: ({ id, version, body }) => ({
        url: path(id),
        method: 'PUT',
        headers: ifMatch(version),
        body,
      }),
      // The answer is the newest state: no second request, no flicker between the two.
      onQueryStarted: async ({ id }, { dispatch, queryFulfilled }) => {
        const answer = await queryFulfilled.catch(() => null);
        if (!answer) return;
        dispatch(dashboardsApi.util.upsertQueryData('getDashboard', id, answer.data));
      },
      invalidatesTags: (_answer, error) => (error ? [] : [{ type: 'Dashboard', id: 'list' }]),
    }),
    deleteDashboard: build.mutation<void, string>({
      query: (id) => ({ url: path(id), method: 'DELETE' }),
      invalidatesTags: (_answer, error) => (error ? [] : [{ type: 'Dashboard', id: 'list' }]),
    }),
  }),
});

export const {
  useListDashboardsQuery,
  useGetDashboardQuery,
  useLazyGetDashboardQuery,
  useCreateDashboardMutation,
  useGenerateDashboardMutation,
  useSaveDashboardMutation,
  useDeleteDashboardMutation,
} = dashboardsApi;
