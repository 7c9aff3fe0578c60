// The organisation and its people: calendars and budgets.
import { baseApi } from './base-api';
import { forgetAnswers } from './reauth';
import { tenantChanged, userChanged } from './session-slice';
import type { Me, MyChange, Tenant, TenantChange } from './types';

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
    updateMe: build.mutation<Me, MyChange>({
      query: (body) => ({ url: '/me', method: 'PUT', body }),
      onQueryStarted: async (_change, { dispatch, queryFulfilled }) => {
        try {
          const { data } = await queryFulfilled;
          dispatch(userChanged(data.user));
          forgetAnswers();
        } catch {
          // Whoever asked shows why it failed.
        }
      },
    }),
  }),
});

export const { useUpdateTenantMutation, useUpdateMeMutation } = tenantApi;
