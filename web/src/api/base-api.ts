// RTK Query base: adds the access token, refreshes it once on 401, turns every failure into a
// Problem. Endpoints are injected by the feature that owns them (`baseApi.injectEndpoints`).
import { createApi, fetchBaseQuery } from '@reduxjs/toolkit/query/react';
import type { BaseQueryFn, FetchArgs } from '@reduxjs/toolkit/query/react';
import { problemFromBody, toProblem } from './problem';
import { apiBase, withFreshToken } from './reauth';
import type { Problem } from './types';
import { viewAsHeader } from './view-as';

/** `extraOptions` of what is asked by whoever is signed in, also while they view as somebody else. */
export interface Asked {
  oneself?: boolean;
}
export const asOneself: Asked = { oneself: true };

const anonymousPaths = ['/bootstrap', '/setup', '/session'];

const send = fetchBaseQuery({
  baseUrl: `${window.location.origin}${apiBase}`,
  credentials: 'same-origin',
});

export const baseQuery: BaseQueryFn<
  string | FetchArgs,
  unknown,
  Problem,
  Asked | undefined
> = async (input, api, extra) => {
  const args: FetchArgs = typeof input === 'string' ? { url: input } : input;
  const attempt = async (token: string | null) => {
    const headers = new Headers(args.headers as HeadersInit | undefined);
    if (token !== null) headers.set('authorization', `Bearer ${token}`);
    if (token !== null && !extra?.oneself)
      for (const [name, value] of Object.entries(viewAsHeader())) headers.set(name, value);
    return send({ ...args, headers }, api, {});
  };
  const answer = anonymousPaths.includes(args.url)
    ? await attempt(null)
    : await withFreshToken(attempt, (result) => result.error?.status === 401);
  if (answer.error === undefined) return { data: answer.data, meta: answer.meta };
  const requestId = answer.meta?.response?.headers.get('x-request-id');
  const problem =
    typeof answer.error.status === 'number'
      ? problemFromBody(answer.error.status, answer.error.data, requestId)
      : toProblem(answer.error);
  return { error: problem, meta: answer.meta };
};

export const baseApi = createApi({
  reducerPath: 'api',
  baseQuery,
  tagTypes: [
    'Dataset',
    'Model',
    'View',
    'Dashboard',
    'User',
    'Upload',
    'Load',
    'Result',
    'Upkeep',
    'ApiKey',
  ],
  keepUnusedDataFor: 120,
  endpoints: () => ({}),
});

// The value of an If-Match header.
export function ifMatch(version: number): Record<string, string> {
  return { 'If-Match': `"${version}"` };
}
