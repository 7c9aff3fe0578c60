// What is done to the rows of a dataset before they are stored. Whoever may load rows may read and change it.
import { baseApi } from './base-api';
import type { DatasetSteps, PreviewOrder, StepsPreview } from './types';

export const stepsApi = baseApi.injectEndpoints({
  endpoints: (build) => ({
    getSteps: build.query<DatasetSteps, string>({
      query: (name) => `/datasets/${encodeURIComponent(name)}/steps`,
      providesTags: (_answer, _error, name) => [{ type: 'Dataset', id: name }],
    }),
    updateSteps: build.mutation<DatasetSteps, { name: string; steps: DatasetSteps }>({
      query: ({ name, steps }) => ({
        url: `/datasets/${encodeURIComponent(name)}/steps`,
        method: 'PUT',
        body: steps,
      }),
      invalidatesTags: (_answer, error, { name }) => (error ? [] : [{ type: 'Dataset', id: name }]),
    }),
    // Nothing is stored; the rows are those of the beginning of an uploaded file.
    previewSteps: build.query<StepsPreview, { uploadId: string; order: PreviewOrder }>({
      query: ({ uploadId, order }) => ({
        url: `/uploads/${encodeURIComponent(uploadId)}/preview`,
        method: 'POST',
        body: order,
      }),
      keepUnusedDataFor: 10,
    }),
  }),
});

export const { useGetStepsQuery, useUpdateStepsMutation, usePreviewStepsQuery } = stepsApi;
