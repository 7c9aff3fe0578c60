// Sends corrections and, once, makes what is known about the dataset old.
import { useCallback, useState } from 'react';
import { useDispatch } from 'react-redux';
import { baseApi } from '@/api/base-api';
import { toProblem } from '@/api/problem';
import { rowsApi } from '@/api/rows-api';
import type { AppDispatch } from '@/app/store';
import { pushCorrections } from './push-corrections';
import type { Correction, Outcome } from './push-corrections';

export function useCorrections(
  dataset: string,
): [(corrections: readonly Correction[]) => Promise<Outcome[]>, boolean] {
  const dispatch = useDispatch<AppDispatch>();
  const [busy, setBusy] = useState(false);
  const send = useCallback(
    async (corrections: readonly Correction[]) => {
      setBusy(true);
      const outcomes = await pushCorrections(corrections, async (lines, key) => {
        const answer = await dispatch(
          rowsApi.endpoints.pushRows.initiate({ name: dataset, lines, key }, { track: false }),
        );
        return answer.error ? { problem: toProblem(answer.error) } : { pushed: answer.data };
      });
      setBusy(false);
      dispatch(
        baseApi.util.invalidateTags([
          { type: 'Dataset', id: 'list' },
          { type: 'Dataset', id: dataset },
        ]),
      );
      return outcomes;
    },
    [dispatch, dataset],
  );
  return [send, busy];
}
