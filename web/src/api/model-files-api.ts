// Models and views as files: of ours, of Cube and of Open Semantic Interchange.
import { baseApi } from './base-api';
import type { ModelFiles, ModelFilesReport, ModelFormat, WrittenModels } from './types';

export const modelFilesApi = baseApi.injectEndpoints({
  endpoints: (build) => ({
    // Something that is done: the models may be others the next time.
    writeModelFiles: build.mutation<WrittenModels, ModelFormat>({
      query: (format) => `/model-files?format=${format}`,
    }),
    checkModelFiles: build.mutation<ModelFilesReport, ModelFiles>({
      query: (body) => ({ url: '/model-files/check', method: 'POST', body }),
    }),
    storeModelFiles: build.mutation<ModelFilesReport, ModelFiles>({
      query: (body) => ({ url: '/model-files', method: 'POST', body }),
      // What could not be stored may have been so after others were.
      invalidatesTags: ['Model', 'View', 'Result'],
    }),
  }),
});

export const {
  useWriteModelFilesMutation,
  useCheckModelFilesMutation,
  useStoreModelFilesMutation,
} = modelFilesApi;
