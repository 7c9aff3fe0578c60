// Adding one widget to a dashboard, without the rest of it crossing the network.
import { baseApi, ifMatch } from './base-api';
import { dashboardsApi } from './dashboards-api';
import type { Dashboard, Widget } from './types';

export const widgetsApi = baseApi.injectEndpoints({
  endpoints: (build) => ({
    createWidget: build.mutation<Dashboard, { id: string; version: number; widget: Widget }>({
      query: ({ id, version, widget }) => ({
        url: `/dashboards/${encodeURIComponent(id)}/widgets`,
        method: 'POST',
        headers: ifMatch(version),
        body: widget,
      }),
      onQueryStarted: async ({ id }, { dispatch, queryFulfilled }) => {
        const answer = await queryFulfilled.catch(() => null);
        if (!answer) return;
        dispatch(dashboardsApi.util.upsertQueryData('getDashboard', id, answer.data));
      },
      invalidatesTags: (_answer, error) => (error ? [] : [{ type: 'Dashboard', id: 'list' }]),
    }),
  }),
});

export const { useCreateWidgetMutation } = widgetsApi;
