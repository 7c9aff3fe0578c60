// The people of the organisation, for admins.
import { asOneself, baseApi } from './base-api';
import type { Items, NewUser, UserChange, UserRow } from './types';

const path = (id: string) => `/users/${encodeURIComponent(id)}`;

export const usersApi = baseApi.injectEndpoints({
  endpoints: (build) => ({
    listUsers: build.query<UserRow[], void>({
      query: () => '/users',
      transformResponse: (answer: Items<UserRow>) => answer.items,
      providesTags: ['User'],
      // Also while somebody else is looked through: who that is gets chosen from this list.
      extraOptions: asOneself,
    }),
    createUser: build.mutation<UserRow, NewUser>({
      query: (body) => ({ url: '/users', method: 'POST', body }),
      invalidatesTags: (_answer, error) => (error ? [] : ['User']),
    }),
    updateUser: build.mutation<UserRow, UserChange & { id: string }>({
      query: ({ id, ...body }) => ({ url: path(id), method: 'PUT', body }),
      invalidatesTags: ['User'],
    }),
    deleteUser: build.mutation<void, string>({
      query: (id) => ({ url: path(id), method: 'DELETE' }),
      invalidatesTags: ['User'],
    }),
  }),
});

export const {
  useListUsersQuery,
  useCreateUserMutation,
  useUpdateUserMutation,
  useDeleteUserMutation,
} = usersApi;
