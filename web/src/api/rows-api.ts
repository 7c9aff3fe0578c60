// Pushing rows into a dataset, each push under a key so that it counts once.
import { baseApi } from './base-api';
import type { Pushed } from './types';

export interface Push {
  name: string;
  /** JSON objects, one a line. */
  lines: string;
  /** The same key again is answered as the first time. */
  key: string;
}

export const rowsApi = baseApi.injectEndpoints({
  endpoints: (build) => ({
    // What is known about the dataset grows old with it; who pushes many rows says so once, at the end.
    pushRows: build.mutation<Pushed, Push>({
      query: ({ name, lines, key }) => ({
        url: `/datasets/${encodeURIComponent(name)}/rows`,
        method: 'POST',
        headers: { 'content-type': 'application/x-ndjson', 'idempotency-key': key },
        body: lines,
      }),
    }),
  }),
});
