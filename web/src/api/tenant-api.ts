// The organisation and who is signed in: calendars, budgets, one's own password.
import { baseApi } from './base-api';
import { forgetAnswers } from './reauth';
import { tenantChanged, userChanged } from './session-slice';
import type { Me, MyChange, PasswordChange, Tenant, TenantChange } from './types';

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
    changePassword: build.mutation<void, PasswordChange>({
      query: (body) => ({ url: '/me/password', method: 'POST', body }),
    }),
  }),
});

export const { useUpdateTenantMutation, useUpdateMeMutation, useChangePasswordMutation } =
  tenantApi;
