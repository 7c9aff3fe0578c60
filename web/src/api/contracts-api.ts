// What a dataset asks of its rows. Whoever sees the whole dataset may read it, an admin changes it.
import { baseApi } from './base-api';
import type { Contract } from './types';

const path = (name: string) => `/datasets/${encodeURIComponent(name)}/contract`;

export const contractsApi = baseApi.injectEndpoints({
  endpoints: (build) => ({
    getContract: build.query<Contract, string>({
      query: path,
      providesTags: (_answer, _error, name) => [{ type: 'Dataset', id: name }],
    }),
    updateContract: build.mutation<Contract, { name: string; contract: Contract }>({
      query: ({ name, contract }) => ({ url: path(name), method: 'PUT', body: contract }),
      invalidatesTags: (_answer, error, { name }) => (error ? [] : [{ type: 'Dataset', id: name }]),
    }),
  }),
});

export const { useGetContractQuery, useUpdateContractMutation } = contractsApi;
