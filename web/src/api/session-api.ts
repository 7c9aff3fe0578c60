// First start, signing in and out. Whoever gets a session hands it to `adoptSession`.
import { baseApi } from './base-api';
import { adoptSession, dropSession } from './reauth';
import type { Bootstrap, Session, SetupRequest, SignInRequest } from './types';

export const sessionApi = baseApi.injectEndpoints({
  endpoints: (build) => ({
    getBootstrap: build.query<Bootstrap, void>({ query: () => '/bootstrap' }),
    setUp: build.mutation<Session, SetupRequest>({
      query: (body) => ({ url: '/setup', method: 'POST', body }),
      onQueryStarted: async (_body, { queryFulfilled, dispatch }) => {
        const answer = await queryFulfilled.catch(() => null);
        if (answer === null) return;
        dispatch(
          sessionApi.util.updateQueryData('getBootstrap', undefined, (draft) => {
            draft.setup_required = false;
          }),
        );
        adoptSession(answer.data);
      },
    }),
    signIn: build.mutation<Session, SignInRequest>({
      query: (body) => ({ url: '/session', method: 'POST', body }),
      onQueryStarted: async (_body, { queryFulfilled }) => {
        const answer = await queryFulfilled.catch(() => null);
        if (answer !== null) adoptSession(answer.data);
      },
    }),
    signOut: build.mutation<void, void>({
      query: () => ({ url: '/session', method: 'DELETE' }),
      // Signed out here whatever the server says: the token is gone from memory.
      onQueryStarted: async (_body, { queryFulfilled }) => {
        await queryFulfilled.catch(() => null);
        dropSession();
      },
    }),
  }),
});

export const { useGetBootstrapQuery, useSetUpMutation, useSignInMutation, useSignOutMutation } =
  sessionApi;
