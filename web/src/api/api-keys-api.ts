// API keys of the organisation, for admins. The answer that makes a key is the only one with its secret; it stays in the
// dialog that asked and goes with it.
import { asOneself, baseApi, ifMatch } from './base-api';
import type { ApiKey, ApiKeyChange, CreatedApiKey, NewApiKey } from './types';
import type { Items } from './types';

const path = (id: string) => `/api-keys/${encodeURIComponent(id)}`;

export const apiKeysApi = baseApi.injectEndpoints({
  endpoints: (build) => ({
    listApiKeys: build.query<ApiKey[], void>({
      query: () => '/api-keys',
      transformResponse: (answer: Items<ApiKey>) => answer.items,
      providesTags: ['ApiKey'],
      extraOptions: asOneself,
    }),
    createApiKey: build.mutation<CreatedApiKey, NewApiKey>({
      query: (body) => ({ url: '/api-keys', method: 'POST', body }),
      invalidatesTags: (_answer, error) => (error ? [] : ['ApiKey']),
    }),
    updateApiKey: build.mutation<ApiKey, { id: string; version: number; body: ApiKeyChange }>({
      query: ({ id, version, body }) => ({
        url: path(id),
        method: 'PUT',
        headers: ifMatch(version),
        body,
      }),
      invalidatesTags: ['ApiKey'],
    }),
    revokeApiKey: build.mutation<void, string>({
      query: (id) => ({ url: path(id), method: 'DELETE' }),
      invalidatesTags: ['ApiKey'],
    }),
  }),
});

export const {
  useListApiKeysQuery,
  useCreateApiKeyMutation,
  useUpdateApiKeyMutation,
  useRevokeApiKeyMutation,
} = apiKeysApi;
