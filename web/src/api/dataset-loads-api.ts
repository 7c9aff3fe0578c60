// Single loads of a dataset: what their rows look like, and rejected rows that are brought again, corrected.
import { baseApi } from './base-api';
import type { LoadProfile, LoadReport } from './types';

export interface Replay {
  name: string;
  /** The load that rejected them. */
  loadId: string;
  rows: readonly { number: number; json: string }[];
}

const path = (name: string, loadId: string) =>
  `/datasets/${encodeURIComponent(name)}/loads/${encodeURIComponent(loadId)}`;

export const rejectsExportPath = (name: string, loadId: string, format: 'csv' | 'ndjson'): string =>
  `${path(name, loadId)}/rejects/export?format=${format}`;

export const datasetLoadsApi = baseApi.injectEndpoints({
  endpoints: (build) => ({
    getLoadProfile: build.query<LoadProfile, { name: string; loadId: string }>({
      query: ({ name, loadId }) => `${path(name, loadId)}/profile`,
      providesTags: (_answer, _error, { name }) => [{ type: 'Dataset', id: name }],
    }),
    replayRejects: build.mutation<LoadReport, Replay>({
      query: ({ name, loadId, rows }) => ({
        url: `${path(name, loadId)}/rejects/replay`,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        // The rows are JSON already, because JavaScript would round their long numbers.
        body: `{"rows":[${rows.map(({ number, json }) => `{"number":${number},"row":${json}}`).join(',')}]}`,
      }),
      // Also what is refused: others may have brought them meanwhile.
      invalidatesTags: (_answer, _error, { name }) => [
        { type: 'Dataset', id: 'list' },
        { type: 'Dataset', id: name },
      ],
    }),
  }),
});

export const { useGetLoadProfileQuery } = datasetLoadsApi;
