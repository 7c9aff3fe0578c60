// Views: members of several models under names of their own.
import { baseApi } from './base-api';
import type { Items, ViewDetail } from './types';

export const viewsApi = baseApi.injectEndpoints({
  endpoints: (build) => ({
    // What a view shows is said by its models, too.
    listViews: build.query<ViewDetail[], void>({
      query: () => '/views',
      transformResponse: (answer: Items<ViewDetail>) => answer.items,
      providesTags: ['Model'],
    }),
  }),
});

export const { useListViewsQuery } = viewsApi;
