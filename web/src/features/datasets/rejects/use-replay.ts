// Brings corrected rows, and finds those that were rejected again among the rejected rows of the load that brought them.
import { useCallback, useState } from 'react';
import { useDispatch } from 'react-redux';
import { datasetLoadsApi } from '@/api/dataset-loads-api';
import { datasetsApi } from '@/api/datasets-api';
import { toProblem } from '@/api/problem';
import type { LoadReport, Problem, RejectedRow } from '@/api/types';
import type { AppDispatch } from '@/app/store';

export interface Correction {
  reject: Pick<RejectedRow, 'load_id' | 'number'>;
  /** The row as JSON. */
  json: string;
}

export type Replayed =
  /** With what the first of them is now, where it was rejected again. */
  { report: LoadReport; again: RejectedRow | null } | { problem: Problem };

/** All of them are rejected rows of the load of the first one; they are loaded together, or none is. */
export function useReplay(
  name: string,
): [(corrections: readonly [Correction, ...Correction[]]) => Promise<Replayed>, boolean] {
  const dispatch = useDispatch<AppDispatch>();
  const [busy, setBusy] = useState(false);
  const send = useCallback(
    async (corrections: readonly [Correction, ...Correction[]]): Promise<Replayed> => {
      setBusy(true);
      try {
        const answer = await dispatch(
          datasetLoadsApi.endpoints.replayRejects.initiate({
            name,
            loadId: corrections[0].reject.load_id,
            rows: corrections.map(({ reject, json }) => ({ number: reject.number, json })),
          }),
        );
        if (answer.error) return { problem: toProblem(answer.error) };
        const report = answer.data;
        if (report.rejected === 0) return { report, again: null };
        const page = { name, limit: 1, offset: 0, loadId: report.load_id };
        const rejected = await dispatch(
          datasetsApi.endpoints.listRejects.initiate(page, { subscribe: false }),
        );
        const [first] = rejected.data?.items ?? [];
        // They were sent as lines, the first of them first.
        return { report, again: first?.line === 1 ? first : null };
      } finally {
        setBusy(false);
      }
    },
    [dispatch, name],
  );
  return [send, busy];
}

/** Whether it was refused because others have brought some of them. */
export const isTaken = ({ code, errors }: Problem): boolean =>
  code === 'conflict' && (errors ?? []).some(({ field }) => field === 'rows');
