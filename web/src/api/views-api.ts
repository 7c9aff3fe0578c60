// Views: what people see of one or several models, under names of the view's own.
import { baseApi, ifMatch } from './base-api';
import type { Items, View, ViewDetail } from './types';

const path = (name: string) => `/views/${encodeURIComponent(name)}`;

export const viewsApi = baseApi.injectEndpoints({
  endpoints: (build) => ({
    listViews: build.query<ViewDetail[], void>({
      query: () => '/views',
      transformResponse: (answer: Items<ViewDetail>) => answer.items,
      // What they show are members of models.
      providesTags: [{ type: 'View', id: 'list' }, 'Model'],
    }),
    getView: build.query<ViewDetail, string>({
      query: path,
      providesTags: (_answer, _error, name) => [{ type: 'View', id: name }, 'Model'],
    }),
    /** Over that version; 0 makes a new one. */
    saveView: build.mutation<View, { version: number; view: View }>({
      query: ({ version, view }) => ({
        url: path(view.name),
        method: 'PUT',
        headers: ifMatch(version),
        body: view,
      }),
      invalidatesTags: (_answer, error) => (error ? [] : ['View', 'Result']),
    }),
    deleteView: build.mutation<void, string>({
      query: (name) => ({ url: path(name), method: 'DELETE' }),
      // Its own page is still there, and would ask for what is gone.
      invalidatesTags: (_answer, error) => (error ? [] : [{ type: 'View', id: 'list' }, 'Result']),
    }),
  }),
});

export const { useListViewsQuery, useGetViewQuery, useSaveViewMutation, useDeleteViewMutation } =
  viewsApi;
