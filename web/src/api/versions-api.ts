// Older states of datasets: which there are, what lies between two, their rows, how long they are kept, and upkeep.
import { baseApi } from './base-api';
import type {
  DatasetChanges,
  DatasetSettings,
  QueryResult,
  UpkeepReport,
  VersionPage,
} from './types';

const path = (name: string) => `/datasets/${encodeURIComponent(name)}`;
/** A name as SQL takes it literally. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

export const versionsPerPage = 100;

export interface RowsAsOf {
  name: string;
  version: number;
  timeColumn: string | null;
  limit: number;
}

export const versionsApi = baseApi.injectEndpoints({
  endpoints: (build) => ({
    listVersions: build.infiniteQuery<VersionPage, string, number | null>({
      infiniteQueryOptions: {
        initialPageParam: null,
        getNextPageParam: (last) => last.next ?? undefined,
      },
      query: ({ queryArg, pageParam }) =>
        `${path(queryArg)}/versions?limit=${versionsPerPage}${
          pageParam === null ? '' : `&before=${pageParam}`
        }`,
      providesTags: (_answer, _error, name) => [{ type: 'Dataset', id: name }],
    }),
    getChanges: build.query<DatasetChanges, { name: string; from: number; to: number }>({
      query: ({ name, from, to }) => `${path(name)}/changes?from=${from}&to=${to}`,
      providesTags: (_answer, _error, { name }) => [{ type: 'Dataset', id: name }],
    }),
    // As the preview orders them, of another version.
    getRowsAsOf: build.query<QueryResult, RowsAsOf>({
      query: ({ name, version, timeColumn, limit }) => ({
        url: '/sql',
        method: 'POST',
        body: {
          sql: `select * from ${quoted(name)}${
            timeColumn === null ? '' : ` order by ${quoted(timeColumn)} desc nulls last`
          } limit ${limit}`,
          asOf: version,
          limit,
        },
      }),
    }),
    /** How many rows have a time before a day (`2026-10-27`, in UTC). */
    countRowsBefore: build.query<number, { name: string; timeColumn: string; day: string }>({
      query: ({ name, timeColumn, day }) => ({
        url: '/sql',
        method: 'POST',
        body: {
          sql: `select count(*) from ${quoted(name)} where cast(${quoted(timeColumn)} as timestamp) < timestamp '${day}'`,
        },
      }),
      transformResponse: (answer: QueryResult) => Number(answer.data[0]?.[0] ?? 0),
    }),
    getSettings: build.query<DatasetSettings, string>({
      query: (name) => `${path(name)}/settings`,
      providesTags: (_answer, _error, name) => [{ type: 'Dataset', id: name }],
    }),
    updateSettings: build.mutation<DatasetSettings, { name: string; settings: DatasetSettings }>({
      query: ({ name, settings }) => ({
        url: `${path(name)}/settings`,
        method: 'PUT',
        body: settings,
      }),
      invalidatesTags: (_answer, error, { name }) =>
        error ? [] : [{ type: 'Dataset', id: name }, 'Upkeep'],
    }),
    getUpkeep: build.query<UpkeepReport, void>({
      query: () => '/upkeep',
      providesTags: ['Upkeep'],
    }),
  }),
});

export const {
  useListVersionsInfiniteQuery,
  useGetChangesQuery,
  useGetRowsAsOfQuery,
  useCountRowsBeforeQuery,
  useGetSettingsQuery,
  useUpdateSettingsMutation,
  useGetUpkeepQuery,
} = versionsApi;
