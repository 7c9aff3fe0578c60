// The organisation: its calendar.
import { baseApi } from './base-api';
import { forgetAnswers } from './reauth';
import { tenantChanged } from './session-slice';
import type { Tenant, TenantChange } from './types';

export const tenantApi = baseApi.injectEndpoints({
  endpoints: (build) => ({
    updateTenant: build.mutation<Tenant, TenantChange>({
      query: (body) => ({ url: '/tenant', method: 'PUT', body }),
      onQueryStarted: async (_change, { dispatch, queryFulfilled }) => {
        try {
          const { data } = await queryFulfilled;
          dispatch(tenantChanged(data));
          forgetAnswers();
        } catch {
          // Whoever asked shows why it failed.
        }
      },
    }),
  }),
});

export const { useUpdateTenantMutation } = tenantApi;
