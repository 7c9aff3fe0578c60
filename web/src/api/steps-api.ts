// What is done to the rows of a dataset before they are stored. Whoever may load rows may read it.
import { baseApi } from './base-api';
import type { DatasetSteps } from './types';

const stepsApi = baseApi.injectEndpoints({
  endpoints: (build) => ({
    getSteps: build.query<DatasetSteps, string>({
      query: (name) => `/datasets/${encodeURIComponent(name)}/steps`,
      providesTags: (_answer, _error, name) => [{ type: 'Dataset', id: name }],
    }),
  }),
});

export const { useGetStepsQuery } = stepsApi;
